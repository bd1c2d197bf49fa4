import assert from "node:assert/strict";
import * as ippd from "../../mod.ts";
import { answer, type PanelModule } from "../../labextension/mod.ts";

/** That what the kernel uses of the module is there, checked by its types. */
const module: PanelModule = ippd;

Deno.test("answer() starts, lists, scales, restarts and stops clusters", async (t) => {
  const folder = await Deno.makeTempDir({ prefix: "ippd-test-" });
  Deno.env.set("IPPD_DIR", folder);
  try {
    assert.deepEqual(await answer(module, { ask: "list" }), { clusters: [] });
    await answer(module, { ask: "start", n: 1, clusterId: "blue" });
    const { clusters = [] } = await answer(module, { ask: "list" });
    const [blue] = clusters;
    assert.ok(blue);
    const { stateFile } = blue;
    try {
      await t.step("a cluster is in the list", () => {
        assert.equal(clusters.length, 1);
        assert.equal(blue.id, "blue");
        assert.equal(blue.state, "running");
        assert.ok(Deno.statSync(blue.clientFile).isFile);
      });
      await t.step("it is scaled, and says how its engines are", async () => {
        await answer(module, { ask: "scale", stateFile, n: 2 });
        const status = await answer(module, { ask: "status", stateFile });
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
        await answer(module, { ask: "restart", stateFile });
        const { engines = [] } = await answer(module, {
          ask: "status",
          stateFile,
        });
        assert.equal(engines.length, 2);
      });
    } finally {
      await answer(module, { ask: "stop", stateFile });
    }
    assert.deepEqual(await answer(module, { ask: "list" }), { clusters: [] });
  } finally {
    Deno.env.delete("IPPD_DIR");
    await Deno.remove(folder, { recursive: true });
  }
});
