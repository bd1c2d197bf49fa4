/**
 * The panel's requests, as the code that a kernel runs, on real clusters.
 *
 * @module
 */
import assert from "node:assert/strict";
import * as ippd from "../../mod.ts";
import {
  ANSWER_TYPE,
  answerCode,
  type PanelModule,
  type PanelReply,
  type PanelRequest,
} from "../../labextension/mod.ts";

/** Below the project, where the code finds the module. */
const FOLDER = new URL("../../examples", import.meta.url).pathname;
/** The one thing of a kernel that the code uses. */
const KERNEL = `Deno.jupyter = {
  broadcast: (_type, { data }) => console.log(JSON.stringify(data)),
};\n`;

/** Runs the code of a request in a process of its own. */
async function ask(
  stateFolder: string,
  request: PanelRequest,
): Promise<PanelReply> {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--quiet", "--no-check", "--ext=js", "-"],
    cwd: FOLDER,
    env: { IPPD_DIR: stateFolder },
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const writer = child.stdin.getWriter();
  const code = KERNEL + answerCode(request, 7);
  await writer.write(new TextEncoder().encode(code));
  await writer.close();
  const { success, stdout, stderr } = await child.output();
  assert.ok(success, new TextDecoder().decode(stderr));
  const said = JSON.parse(new TextDecoder().decode(stdout))[ANSWER_TYPE];
  assert.equal(said.id, 7);
  return said.reply;
}

Deno.test("answerCode() starts, lists, scales, restarts and stops clusters", async (t) => {
  const folder = await Deno.makeTempDir({ prefix: "ippd-test-" });
  // What the code uses of the module is there, as the compiler sees.
  const module: PanelModule = ippd;
  assert.equal(typeof module.Cluster.list, "function");
  try {
    assert.deepEqual(await ask(folder, { ask: "list" }), { clusters: [] });
    await ask(folder, { ask: "start", n: 1, clusterId: "blue" });
    const { clusters = [] } = await ask(folder, { ask: "list" });
    const [blue] = clusters;
    assert.ok(blue);
    const { stateFile } = blue;
    try {
      await t.step("a cluster outlives who started it, in the list", () => {
        assert.equal(clusters.length, 1);
        assert.equal(blue.id, "blue");
        assert.equal(blue.state, "running");
        assert.ok(Deno.statSync(blue.clientFile).isFile);
      });
      await t.step("it is scaled, and says how its engines are", async () => {
        await ask(folder, { ask: "scale", stateFile, n: 2 });
        const status = await ask(folder, { ask: "status", stateFile });
        assert.equal(status.unassigned, 0);
        assert.deepEqual(
          status.engines?.map(({ id, host, running, queued }) => [
            id,
            host,
            running,
            queued,
          ]),
          [[0, Deno.hostname(), 0, 0], [1, Deno.hostname(), 0, 0]],
        );
      });
      await t.step("its engines start again", async () => {
        await ask(folder, { ask: "restart", stateFile });
        const { engines = [] } = await ask(folder, {
          ask: "status",
          stateFile,
        });
        assert.equal(engines.length, 2);
      });
    } finally {
      await ask(folder, { ask: "stop", stateFile });
    }
    assert.deepEqual(await ask(folder, { ask: "list" }), { clusters: [] });
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
