/**
 * Every member of `Cluster`, on real processes.
 *
 * @module
 */
import assert from "node:assert/strict";
import { dirname, join } from "node:path";
import {
  type Client,
  Cluster,
  connect,
  ConnectionFileError,
} from "../../mod.ts";
import {
  eventually,
  isRunning,
  runIppd,
  withIppdDir,
} from "../cli/ippd_process.ts";

/** Runs a story with a private folder in the place of the user's state. */
async function withState(
  story: (folder: string) => Promise<void>,
): Promise<void> {
  await withIppdDir(async (folder) => {
    Deno.env.set("IPPD_DIR", folder);
    try {
      await story(folder);
    } finally {
      Deno.env.delete("IPPD_DIR");
    }
  });
}

/** Waits until a client knows of these engines: it hears of them by itself. */
async function seen(client: Client, ids: readonly number[]): Promise<void> {
  await eventually(() => Promise.resolve(client.ids.join() === ids.join()));
  assert.deepEqual(client.ids, ids);
}

Deno.test("Cluster has every member that is promised", async (t) => {
  await withState(async () => {
    const cluster = await Cluster.start({ n: 1, clusterId: "blue" });
    await using _cluster = cluster;
    await using client = await cluster.connect();
    await t.step("id, profile, state, engineSets", () => {
      assert.equal(cluster.id, "blue");
      assert.equal(cluster.profile, "default");
      assert.equal(cluster.state, "running");
      assert.equal(cluster.engineSets.length, 1);
    });
    await t.step("startEngines, stopEngines", async () => {
      const set = await cluster.startEngines(1);
      await seen(client, [0, 1]);
      assert.equal(cluster.engineSets.length, 2);
      await cluster.stopEngines(set);
      await cluster.startEngines(1);
      await cluster.stopEngines([0]);
      await seen(client, [2]);
    });
    await t.step("restartEngines, signalEngines", async () => {
      await cluster.restartEngines([2]);
      const id = 3;
      await seen(client, [id]);
      assert.equal(await client.directView(id).apply(() => 1), 1);
      const busy = client.directView(id).apply(() => {
        for (;;);
      });
      await busy.sent;
      while (!busy.done) {
        await cluster.signalEngines("SIGINT", [id]);
        await busy.wait({ timeoutMs: 200 });
      }
      await assert.rejects(async () => await busy, /cancelled/);
    });
    await t.step("scale, adapt", async () => {
      await cluster.scale(2);
      await client.waitForEngines(2);
      await cluster.scale(1);
      assert.ok(await eventually(() => Promise.resolve(client.ids.length < 2)));
      const adaptation = cluster.adapt({ min: 1, max: 2 });
      assert.equal(await client.loadBalancedView().apply(() => 1), 1);
      adaptation[Symbol.dispose]();
    });
    await t.step("fromFile, list, toJSON", async () => {
      const [listed] = await Cluster.list();
      assert.equal(listed?.id, "blue");
      await using same = await Cluster.fromFile(cluster.stateFile);
      assert.equal(same.id, "blue");
      await using other = await same.connect();
      assert.deepEqual(other.ids, client.ids);
      const text = JSON.stringify(cluster);
      assert.equal(JSON.parse(text).clusterId ?? JSON.parse(text).id, "blue");
      assert.doesNotMatch(text, /secretKey/);
    });
    await t.step(
      "connect without a target finds the only cluster",
      async () => {
        await using found = await connect();
        assert.deepEqual(found.ids, client.ids);
        const { code, stdout } = await runIppd(
          Deno.env.get("IPPD_DIR") ?? "",
          "status",
        );
        assert.equal(code, 0);
        assert.match(stdout, /^Cluster blue is up/);
        const second = join(
          dirname(cluster.clientFile),
          "ippd-red-client.json",
        );
        await Deno.copyFile(cluster.clientFile, second);
        await assert.rejects(
          connect(),
          (error) =>
            error instanceof ConnectionFileError &&
            /has files of blue, red; name one/.test(error.message),
        );
        await Deno.remove(second);
      },
    );
    await t.step("stop", async () => {
      const pids = [...cluster.engineProcesses];
      await cluster.stop();
      assert.equal(cluster.state, "stopped");
      for (const pid of pids) assert.equal(await isRunning(pid), false);
      assert.deepEqual(await Cluster.list(), []);
      await cluster.stop();
    });
  });
});

Deno.test("Cluster ends with the block that uses it", async () => {
  await withState(async () => {
    let pids: readonly number[] = [];
    {
      await using cluster = await Cluster.start({ n: 1 });
      pids = [...cluster.engineProcesses];
      assert.equal(pids.length, 1);
    }
    for (const pid of pids) assert.equal(await isRunning(pid), false);
  });
});
