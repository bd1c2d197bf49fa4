/**
 * What a new user does wrong in the first ten minutes, and what comes back:
 * one line that says what is the matter and what to do.
 *
 * @module
 */
import assert from "node:assert/strict";
import { join } from "node:path";
import { type Client, Cluster, connect, EngineLostError } from "../../mod.ts";
import {
  eventually,
  runIppd,
  startController,
  withIppdDir,
} from "../cli/ippd_process.ts";
import { freePorts } from "../free_ports.ts";
import { withCluster } from "../work/fixture.ts";

/** The message of what a promise rejects with. */
async function trouble(work: () => PromiseLike<unknown>): Promise<string> {
  try {
    await work();
  } catch (error) {
    assert.ok(error instanceof Error);
    return error.message;
  }
  return "";
}

Deno.test("Mistakes with connection files are told in a line", async (t) => {
  await withIppdDir(async (folder) => {
    Deno.env.set("IPPD_DIR", folder);
    try {
      await t.step("no controller", async () => {
        const { code, stderr } = await runIppd(folder, "status");
        assert.equal(code, 3);
        assert.match(stderr, /there is none/);
        assert.match(stderr, /ippd controller|ippd cluster start/);
        assert.match(await trouble(() => connect()), /there is none/);
      });
      await t.step("the wrong file", async () => {
        const file = join(folder, "package.json");
        await Deno.writeTextFile(file, '{"name":"x"}', { mode: 0o600 });
        const { code, stderr } = await runIppd(
          folder,
          ...["status", "--connect", file],
        );
        assert.equal(code, 5);
        assert.match(stderr, /package\.json/);
      });
      // The hub's, and behind it the scheduler's.
      const port = String(freePorts(2));
      const { process, clientFile, engineFile } = await startController(
        folder,
        ...["--port", port],
      );
      await using controller = process;
      await t.step("the file of engines in a client", async () => {
        assert.match(
          await trouble(() => connect(engineFile)),
          /for the role engine.*client/,
        );
      });
      await t.step("a file that others can read", async () => {
        const open = join(folder, "open.json");
        await Deno.copyFile(clientFile, open);
        await Deno.chmod(open, 0o644);
        const said = await trouble(() => connect(open));
        assert.match(said, new RegExp(`chmod 600 '?${open}`));
        assert.equal((await runIppd(folder, "status", "-c", open)).code, 4);
      });
      const old = join(folder, "old.json");
      await Deno.writeFile(old, await Deno.readFile(clientFile), {
        mode: 0o600,
      });
      await controller.end();
      await t.step("a controller that has ended", async () => {
        const said = await trouble(() => connect(old, { timeoutMs: 300 }));
        assert.match(
          said,
          /Cannot reach the hub at .*is the controller running/,
        );
      });
      const next = await startController(folder, "--port", port);
      await using _next = next.process;
      await t.step("the old file of another cluster", async () => {
        const { code, stderr } = await runIppd(folder, "status", "-c", old);
        assert.equal(code, 7, stderr);
        assert.match(stderr, /key/);
        assert.equal(stderr.trimEnd().split("\n").length, 1);
      });
      await t.step("a port in use", async () => {
        const { code, stderr } = await runIppd(
          folder,
          ...["controller", "--port", port, "--cluster-id", "other"],
        );
        assert.equal(code, 8);
        assert.match(stderr, new RegExp(`:${port}.*use`));
      });
    } finally {
      Deno.env.delete("IPPD_DIR");
    }
  });
});

async function driveMistakes(
  t: Deno.TestContext,
  client: Client,
): Promise<void> {
  const view = client.loadBalancedView();
  await t.step("a name that is not there", async () => {
    const factor = 3;
    const said = await trouble(() => view.apply((x: number) => x * factor, 1));
    assert.match(said, /factor/);
    assert.match(said, /captures/);
    assert.match(said, /push/);
  });
  await t.step("a module that is not there", async () => {
    const said = await trouble(() =>
      client.at(0).execute(`import { x } from "./nowhere.ts"; x`)
    );
    assert.match(said, /nowhere\.ts/);
    const bare = await trouble(() =>
      client.at(0).execute(`import x from "left-pad"; x`)
    );
    assert.match(bare, /Cannot import "left-pad".*write "npm:left-pad"/);
  });
  await t.step("a syntax error", async () => {
    const said = await trouble(() => client.at(0).execute("const a = ;"));
    assert.match(said, /SyntaxError/);
    assert.match(said, /ippd:cell-\d+:1:\d+|line 1|\(1:\d+\)/);
  });
  await t.step("a value that cannot cross", async () => {
    assert.throws(
      () => view.apply((o: object) => o, { list: [{ done: () => 1 }] }),
      /list\[0\]\.done/,
    );
    assert.match(
      await trouble(() => view.apply(() => ({ handle: Symbol("s") }))),
      /handle/,
    );
  });
  await t.step("an await that was forgotten", () => {
    const later = Promise.resolve(1);
    assert.throws(
      () => view.apply((x: unknown) => x, later),
      /arguments\[0\]: a Promise cannot be sent; await it first/,
    );
  });
  await t.step("an engine that is killed", async () => {
    const [engine] = client.engines;
    assert.ok(engine);
    const lost = client.at(0).apply(() => new Promise(() => {}));
    await lost.sent;
    Deno.kill(engine.pid, "SIGKILL");
    const error: unknown = await lost.then(() => undefined, (e) => e);
    assert.ok(error instanceof EngineLostError);
    assert.match(error.message, /engine 0/);
  });
  await t.step("an engine that is not there", async () => {
    // The hub and the scheduler tell of it on connections of their own.
    assert.ok(await eventually(() => Promise.resolve(!client.ids.includes(0))));
    assert.throws(() => client.directView(0), /Cannot find engine 0/);
    assert.equal(await view.apply(() => 1), 1);
  });
  await t.step("a cluster without engines", async () => {
    await client.shutdown();
    const said = /the cluster has no engines; start one, or wait with wait/;
    assert.throws(() => client.at(0), said);
    assert.throws(() => client.directView().apply(() => 1), said);
  });
}

Deno.test("Mistakes in programs are told with what to do", async (t) => {
  await withCluster({ n: 2 }, (client) => driveMistakes(t, client));
});

Deno.test("Mistakes in options are told before anything starts", async () => {
  await assert.rejects(Cluster.start({ n: -1 }), RangeError);
  await assert.rejects(Cluster.start({ n: 1, slots: 0 }), RangeError);
  await assert.rejects(
    Cluster.start({ n: 1, launcher: "slrum" }),
    /slrum/,
  );
});
