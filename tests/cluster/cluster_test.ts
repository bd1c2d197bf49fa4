import assert from "node:assert/strict";
import {
  CancelledError,
  Cluster,
  ConnectionError,
  TimeoutError,
} from "../../mod.ts";
import {
  eventually,
  filesBelow,
  isRunning,
  withIppdDir,
} from "../cli/ippd_process.ts";

const VARIABLE = "IPPD_DIR";

/** Runs a test in this process with a private folder of files. */
async function inIppdDir(
  run: (folder: string) => Promise<void>,
): Promise<void> {
  await withIppdDir(async (folder) => {
    const before = Deno.env.get(VARIABLE);
    Deno.env.set(VARIABLE, folder);
    try {
      await run(folder);
    } finally {
      if (before === undefined) Deno.env.delete(VARIABLE);
      else Deno.env.set(VARIABLE, before);
    }
  });
}

async function allGone(pids: readonly number[]): Promise<boolean> {
  return !(await Promise.all(pids.map(isRunning))).includes(true);
}

/** Files that are no log: connection files and locks. */
async function connectionFiles(folder: string): Promise<string[]> {
  const files = await filesBelow(folder);
  return files.filter((path) => !path.endsWith(".log"));
}

Deno.test("Cluster.start() gives engines that work, and stop() leaves nothing", async () => {
  await inIppdDir(async (folder) => {
    const cluster = await Cluster.start({ n: 2, labels: { rack: "b 7" } });
    const { controllerPid, enginePids } = cluster.toJSON();
    assert.equal(enginePids.length, 2);
    assert.deepEqual(cluster.engineProcesses, enginePids);
    const client = await cluster.connect();
    assert.deepEqual(client.ids, [0, 1]);
    assert.deepEqual(client.engines[1]?.labels, { rack: "b 7" });
    assert.deepEqual(
      await client.directView().apply(() => "Hello, World"),
      ["Hello, World", "Hello, World"],
    );
    await client.close();
    await Promise.all([cluster.stop(), cluster.stop()]);
    assert.ok(await allGone([controllerPid, ...enginePids]));
    // Nobody had anything to complain of, so there are no logs either.
    assert.deepEqual(await filesBelow(folder), []);
    await assert.rejects(cluster.startEngines(1), ConnectionError);
    await assert.rejects(cluster.stopEngines(), ConnectionError);
  });
});

Deno.test("Cluster grows and shrinks", async () => {
  await inIppdDir(async () => {
    await using cluster = await Cluster.start({ n: 1 });
    await using client = await cluster.connect();
    const [firstPid] = cluster.engineProcesses;
    await cluster.startEngines(1);
    await client.waitForEngines(2, { timeoutMs: 5_000 });
    assert.deepEqual(client.ids, [0, 1]);
    await assert.rejects(cluster.stopEngines([7]), RangeError);
    await cluster.stopEngines([0]);
    assert.ok(!cluster.engineProcesses.includes(firstPid ?? 0));
    assert.equal(cluster.engineProcesses.length, 1);
    assert.ok(await eventually(() => Promise.resolve(client.ids.length === 1)));
    assert.equal(await client.at(0).apply(() => 7), 7);
    await cluster.stopEngines();
    assert.deepEqual(cluster.engineProcesses, []);
  });
});

Deno.test("Cluster.start() rejects with what the controller said", async () => {
  await inIppdDir(async (folder) => {
    await using first = await Cluster.start({ n: 0, clusterId: "blue" });
    await assert.rejects(
      Cluster.start({ n: 0, clusterId: "blue" }),
      (error) =>
        error instanceof ConnectionError &&
        error.message.includes(
          "controller ended with code 8 (Cannot start: ",
        ) &&
        error.message.includes(`process ${first.toJSON().controllerPid} `),
    );
    // Two connection files, a lock, the list of keys, what others find, two
    // sockets, and what the controller keeps to be taken up again.
    assert.equal((await connectionFiles(folder)).length, 8);
  });
});

Deno.test("Cluster.start() gives up in time, or when told to", async () => {
  await inIppdDir(async (folder) => {
    await assert.rejects(Cluster.start({ n: 1, timeoutMs: 5 }), TimeoutError);
    const controller = new AbortController();
    setTimeout(() => controller.abort("no more"), 150);
    await assert.rejects(
      Cluster.start({ n: 1, signal: controller.signal }),
      (error) => error instanceof CancelledError && error.cause === "no more",
    );
    assert.ok(
      await eventually(async () =>
        (await connectionFiles(folder)).length === 0
      ),
    );
  });
});

Deno.test("Cluster.start() does not start anything with bad options", async () => {
  await assert.rejects(Cluster.start({ n: -1 }), RangeError);
});

Deno.test("Cluster ends its engines and removes its files when the controller is killed", async () => {
  await inIppdDir(async (folder) => {
    await using cluster = await Cluster.start({ n: 1 });
    const { controllerPid, enginePids } = cluster.toJSON();
    Deno.kill(controllerPid, "SIGKILL");
    assert.ok(await eventually(() => allGone(enginePids)));
    await cluster.stop();
    const files = await connectionFiles(folder);
    assert.deepEqual(files.filter((path) => path.includes("/security/")), []);
  });
});

Deno.test("Cluster forgets an engine that was killed", async () => {
  await inIppdDir(async () => {
    await using cluster = await Cluster.start({ n: 2 });
    const [pid = 0] = cluster.engineProcesses;
    Deno.kill(pid, "SIGKILL");
    const isForgotten = (): Promise<boolean> =>
      Promise.resolve(!cluster.engineProcesses.includes(pid));
    assert.ok(await eventually(isForgotten));
    assert.equal(cluster.engineProcesses.length, 1);
  });
});
