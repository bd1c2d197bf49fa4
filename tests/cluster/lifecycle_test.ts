import assert from "node:assert/strict";
import {
  type AsyncResult,
  Cluster,
  ConnectionError,
  EngineLostError,
  TimeoutError,
} from "../../mod.ts";
import {
  eventually,
  filesBelow,
  isRunning,
  withIppdDir,
} from "../cli/ippd_process.ts";

async function inIppdDir(
  run: (folder: string) => Promise<void>,
): Promise<void> {
  await withIppdDir(async (folder) => {
    Deno.env.set("IPPD_DIR", folder);
    try {
      await run(folder);
    } finally {
      Deno.env.delete("IPPD_DIR");
    }
  });
}

async function allGone(pids: readonly number[]): Promise<boolean> {
  return !(await Promise.all(pids.map(isRunning))).includes(true);
}

Deno.test("a running cluster has sets that stop, restart and take signals", async (t) => {
  await inIppdDir(async () => {
    await using cluster = await Cluster.start({ n: 1 });
    await using client = await cluster.connect();
    const [first] = cluster.engineSets;
    assert.ok(first);
    assert.deepEqual([first.n, first.launcher, first.ids], [1, "local", [0]]);

    await t.step("another set has settings of its own", async () => {
      const set = await cluster.startEngines(2, { labels: { kind: "late" } });
      assert.deepEqual(set.ids, [1, 2]);
      assert.equal(cluster.engineSets.length, 2);
      await client.waitForEngines(3);
      assert.deepEqual(client.engines[2]?.labels, { kind: "late" });
      const states = set.jobs.map(({ state }) => state.kind);
      assert.deepEqual(states, ["running", "running"]);
    });

    await t.step("a restart gives new processes of the same kind", async () => {
      const before = client.engines.map(({ pid }) => pid);
      await cluster.restartEngines([1]);
      assert.ok(
        await eventually(() => Promise.resolve(`${client.ids}` === "0,2,3")),
      );
      assert.deepEqual(client.engines[2]?.labels, { kind: "late" });
      assert.ok(!before.includes(client.engines[2]?.pid ?? 0));
    });

    await t.step("signals reach engines, SIGINT what they run", async () => {
      const busy = client.directView(0).apply(() => {
        for (;;);
      });
      assert.ok(
        await eventually(async () => {
          await cluster.signalEngines("SIGINT", [0]);
          return busy.done;
        }),
      );
      await assert.rejects(async () => await busy);
      await cluster.signalEngines("SIGTERM", [0]);
      const isGone = () => Promise.resolve(`${client.ids}` === "2,3");
      assert.ok(await eventually(isGone));
      const isForgotten = () =>
        Promise.resolve(!cluster.engineSets.includes(first));
      assert.ok(await eventually(isForgotten));
      await assert.rejects(cluster.signalEngines("SIGUSR1"), RangeError);
    });

    await t.step(
      "scale starts and stops, those without work first",
      async () => {
        await cluster.scale(3);
        await client.waitForEngines(3);
        const slow = client.directView(4).apply(() =>
          new Promise((resolve) => setTimeout(() => resolve("kept"), 600))
        );
        await eventually(async () =>
          (await client.stack([4]))[0]?.slots[0]?.state !== "idle"
        );
        await cluster.scale(1);
        assert.equal(await slow, "kept");
        assert.equal(client.ids.length, 1);
        assert.deepEqual(client.ids, [4]);
      },
    );

    await t.step("a set can be stopped by its name", async () => {
      const set = await cluster.startEngines(1);
      await cluster.stopEngines(set.id);
      assert.equal(set.n, 0);
      await assert.rejects(cluster.stopEngines(set.id), RangeError);
    });
  });
});

Deno.test("a cluster adapts to its work", async () => {
  await inIppdDir(async () => {
    await using cluster = await Cluster.start({ n: 0 });
    await using client = await cluster.connect();
    const errors: Error[] = [];
    using _adaptation = cluster.adapt({
      max: 2,
      intervalMs: 100,
      idleMs: 200,
      onError: (error) => void errors.push(error),
    });
    const view = client.loadBalancedView();
    const results = Array.from(
      { length: 4 },
      (_, index) =>
        view.apply(async (value: number) => {
          await new Promise((resolve) => setTimeout(resolve, 100));
          return value;
        }, index),
    );
    assert.deepEqual(await Promise.all(results), [0, 1, 2, 3]);
    assert.ok(await eventually(() => Promise.resolve(client.ids.length === 0)));
    assert.deepEqual(errors, []);
  });
});

Deno.test("a detached cluster is found, used and stopped by others", async () => {
  await inIppdDir(async (folder) => {
    const started = await Cluster.start({ n: 1, detached: true });
    const { controllerPid, enginePids, stateFile } = started.toJSON();
    await started[Symbol.asyncDispose]();
    assert.equal(started.state, "detached");
    assert.ok(await isRunning(controllerPid));
    assert.equal(((await Deno.stat(stateFile)).mode ?? 0) & 0o777, 0o600);

    const found = await Cluster.fromFile();
    assert.deepEqual([found.id, found.state], [started.id, "running"]);
    await found.startEngines(1);
    const later = found.engineProcesses;
    await found[Symbol.asyncDispose]();

    const [listed, ...others] = await Cluster.list();
    assert.ok(listed);
    assert.deepEqual(others, []);
    assert.equal(listed.engineSets.length, 2);
    await using client = await listed.connect();
    assert.deepEqual(await client.directView().apply(() => 1), [1, 1]);
    await client.close();
    await listed.stop();
    assert.ok(await allGone([controllerPid, ...enginePids, ...later]));
    const files = await filesBelow(folder);
    assert.deepEqual(files.filter((path) => !path.endsWith(".log")), []);
    await assert.rejects(Cluster.fromFile(), ConnectionError);
  });
});

Deno.test({
  name: "a cluster can be let go of",
  // Its processes are our children still, and nobody waits for them.
  sanitizeOps: false,
  sanitizeResources: false,
  fn: async () => {
    await inIppdDir(async () => {
      let path: string;
      {
        await using cluster = await Cluster.start({ n: 1 });
        path = await cluster.detach();
        await assert.rejects(cluster.startEngines(1), /it is detached/);
      }
      const again = await Cluster.fromFile(path);
      await using client = await again.connect();
      assert.equal(await client.at(0).apply(() => 7), 7);
      const pids = [again.toJSON().controllerPid, ...again.engineProcesses];
      await again.stop();
      assert.ok(await allGone(pids));
    });
  },
});

Deno.test("a cluster that shrinks and grows under load loses no task", async () => {
  await inIppdDir(async () => {
    await using cluster = await Cluster.start({ n: 4 });
    await using client = await cluster.connect();
    const view = client.loadBalancedView();
    const results = Array.from(
      { length: 500 },
      (_, index) =>
        view.apply(async (value: number) => {
          await new Promise((resolve) => setTimeout(resolve, value % 40));
          return value;
        }, index),
    );
    assert.ok(
      await eventually(() => Promise.resolve(client.outstanding < 490)),
    );
    await cluster.scale(1);
    assert.equal(client.ids.length, 1);
    assert.ok(client.outstanding > 0, "there is no work any more");
    await cluster.scale(3);
    const values = await Promise.all(results);
    assert.deepEqual(values, values.map((_, index) => index));
    for (const { metadata } of results) {
      assert.deepEqual(metadata.map(({ attempts }) => attempts), [1]);
    }
    assert.equal(new Set(results.map(engineOf)).size > 4, true);
  });
});

Deno.test("engines that are too busy to go keep their work", async () => {
  await inIppdDir(async () => {
    await using cluster = await Cluster.start({ n: 1 });
    await using client = await cluster.connect();
    const endless = client.loadBalancedView().apply(() =>
      new Promise(() => {})
    );
    const isBusy = async (): Promise<boolean> =>
      (await client.queueStatus()).engines[0]?.running === 1;
    assert.ok(await eventually(isBusy));
    await assert.rejects(
      cluster.scale(0, { drainTimeoutMs: 100 }),
      (error) =>
        error instanceof TimeoutError && /some have work/.test(`${error}`),
    );
    assert.deepEqual(client.ids, [0]);
    // It gets work again: a second task waits behind the first.
    const second = client.at(0).apply(() => 2);
    endless.cancel();
    await endless.settled();
    assert.equal(await second, 2);
    const lost = client.at(0).apply(() => new Promise(() => {}));
    assert.ok(await eventually(isBusy));
    await cluster.stopEngines([0], { drainTimeoutMs: 100 });
    await assert.rejects(async () => await lost, EngineLostError);
  });
});

Deno.test("a cluster restarts as a whole, with engines of the same kinds", async () => {
  await inIppdDir(async () => {
    await using cluster = await Cluster.start({ n: 1, labels: { kind: "a" } });
    await cluster.startEngines(2, { labels: { kind: "b" } });
    const before = cluster.toJSON();
    const client = await cluster.connect();
    const last = client.at(0).apply(() =>
      new Promise((resolve) => setTimeout(() => resolve("kept"), 300))
    );
    const isBusy = async (): Promise<boolean> =>
      (await client.queueStatus()).engines[0]?.running === 1;
    assert.ok(await eventually(isBusy));
    await cluster.restart();
    assert.equal(await last, "kept");
    await client.close();
    assert.equal(cluster.state, "running");
    assert.equal(cluster.id, before.id);
    assert.ok(await allGone([before.controllerPid, ...before.enginePids]));
    await using anew = await cluster.connect();
    assert.deepEqual(
      anew.engines.map(({ labels }) => labels["kind"]).sort(),
      ["a", "b", "b"],
    );
    assert.deepEqual(await anew.directView().apply(() => 1), [1, 1, 1]);
    const found = await Cluster.fromFile();
    assert.equal(found.toJSON().controllerPid, cluster.toJSON().controllerPid);
    await found[Symbol.asyncDispose]();
  });
});

function engineOf({ metadata }: AsyncResult<unknown>): number | undefined {
  return metadata[0]?.engineId;
}
