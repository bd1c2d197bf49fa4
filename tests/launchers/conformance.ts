/**
 * What every launcher must do, on a cluster of this machine's.
 *
 * @module
 */
import assert from "node:assert/strict";
import { type Client, Cluster, type StartEnginesOptions } from "../../mod.ts";
import { eventually, filesBelow, withIppdDir } from "../cli/ippd_process.ts";

/** One launcher to be tested. */
export interface LauncherCase {
  /** How its engines are started. */
  readonly options: StartEnginesOptions;
  /** Engines in each of its jobs. */
  readonly enginesPerJob: number;
  /** Whether it can send signals. */
  readonly hasSignals: boolean;
}

/** Engines that one launch starts. */
const ENGINES = 2;

/** Runs steps with a cluster that has no engines, and its own files. */
export async function withEmptyCluster(
  story: (cluster: Cluster, client: Client) => Promise<void>,
): Promise<void> {
  await withIppdDir(async (folder) => {
    Deno.env.set("IPPD_DIR", folder);
    try {
      await using cluster = await Cluster.start({ n: 0 });
      await using client = await cluster.connect();
      await story(cluster, client);
    } finally {
      Deno.env.delete("IPPD_DIR");
    }
  });
}

/** Runs the suite on a launcher. */
export async function conforms(
  t: Deno.TestContext,
  { options, enginesPerJob, hasSignals }: LauncherCase,
): Promise<void> {
  await withEmptyCluster(async (cluster, client) => {
    const set = await cluster.startEngines(ENGINES, options);
    await client.waitForEngines(ENGINES, { timeoutMs: 5_000 });

    await t.step("engines work, and their set knows them", async () => {
      const all = client.directView();
      assert.deepEqual(await all.apply(() => 1 + 1), [2, 2]);
      assert.deepEqual(set.ids, client.ids);
      assert.equal(set.n, ENGINES);
      assert.equal(set.jobs.length, ENGINES / enginesPerJob);
    });

    await t.step("jobs become known as running", async () => {
      const areRunning = () =>
        Promise.resolve(
          set.jobs.every(({ state }) => state.kind === "running"),
        );
      assert.ok(await eventually(areRunning), JSON.stringify(set.jobs));
      assert.equal((await set.outputTails()).size, set.jobs.length);
    });

    await t.step("another program finds the jobs", async () => {
      await using found = await Cluster.fromFile(cluster.stateFile);
      assert.equal(found.engineSets[0]?.n, ENGINES);
      assert.equal(found.engineSets[0]?.launcher, set.launcher);
    });

    await t.step("a signal reaches them, or is refused", async () => {
      const sending = cluster.signalEngines("SIGCONT");
      if (hasSignals) await sending;
      else await assert.rejects(sending, /sends no signals/);
    });

    await t.step("a restart gives other engines", async () => {
      const before = client.ids;
      await cluster.restartEngines();
      const isNew = () =>
        Promise.resolve(
          client.ids.length === ENGINES &&
            client.ids.every((id) => !before.includes(id)),
        );
      assert.ok(await eventually(isNew), `${before} became ${client.ids}`);
    });

    await t.step("a stop ends every engine and every job", async () => {
      await cluster.stopEngines(set.id);
      assert.equal(set.n, 0);
      assert.ok(
        await eventually(() => Promise.resolve(client.ids.length === 0)),
      );
      assert.deepEqual(cluster.engineSets, []);
    });

    await reportsFailure(t, cluster, options);
  });
}

async function reportsFailure(
  t: Deno.TestContext,
  cluster: Cluster,
  options: StartEnginesOptions,
): Promise<void> {
  await t.step("engines that cannot start are reported", async () => {
    const wrong = {
      ...options,
      labels: { "no-such": "\n" },
      timeoutMs: 9_000,
    };
    await assert.rejects(cluster.startEngines(ENGINES, wrong), (error) => {
      assert.ok(error instanceof Error);
      assert.match(error.message, /Cannot start 2 engines .* ended/);
      return true;
    });
    assert.deepEqual(cluster.engineSets, []);
  });
}

/** Has a batch system run controllers: one that works, and one that cannot. */
export async function startsControllers(
  launcher: string,
  launcherOptions: Readonly<Record<string, unknown>>,
): Promise<void> {
  const controller = {
    controller: launcher,
    controllerOptions: launcherOptions,
  };
  await withIppdDir(async (folder) => {
    Deno.env.set("IPPD_DIR", folder);
    try {
      const cluster = await Cluster.start({
        ...controller,
        n: 1,
        launcher,
        launcherOptions,
        detached: true,
      });
      await cluster[Symbol.asyncDispose]();
      const found = await Cluster.fromFile();
      const client = await found.connect();
      assert.equal(await client.at(0).apply(() => 7), 7);
      await client.close();
      await found.stop();
      const isSecret = (path: string): boolean =>
        /-(client|engine|controller)\.json$/.test(path);
      assert.deepEqual((await filesBelow(folder)).filter(isSecret), []);
      await assert.rejects(
        Cluster.start({ ...controller, n: 0, ip: "198.51.100.7" }),
        / job .*198\.51\.100\.7/,
      );
    } finally {
      Deno.env.delete("IPPD_DIR");
    }
  });
}
