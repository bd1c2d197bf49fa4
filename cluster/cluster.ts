/**
 * A cluster: a controller and engine sets, wherever they run.
 *
 * @module
 */
import { ConnectionError, TimeoutError } from "../base/mod.ts";
import type { Client, ConnectOptions } from "../client/mod.ts";
import { Adaptation, type AdaptOptions } from "./adaptation.ts";
import { attachCluster } from "./attaching.ts";
import type { ClusterCore } from "./cluster_core.ts";
import type { ClusterJson, ClusterState } from "./cluster_json.ts";
import {
  type ClusterOptions,
  type EngineSettings,
  expectEngineCount,
  flagsOfEngines,
  type LauncherChoice,
  resolveClusterOptions,
} from "./cluster_options.ts";
import { findCluster, listClusters } from "./cluster_search.ts";
import { jobsWithEngines, wholeJobs } from "./engine_choice.ts";
import {
  DRAIN_TIMEOUT_MS,
  drainEngines,
  engineSurplus,
  idleNow,
} from "./engine_drain.ts";
import type { EngineGroup, EngineSet } from "./engine_set.ts";
import { type Launcher, loadLauncher } from "./launchers/mod.ts";
import type {
  ScaleOptions,
  StartEnginesOptions,
  StopEnginesOptions,
} from "./start_options.ts";
import { startCluster } from "./starting.ts";

/** Options of {@linkcode Cluster.fromFile}. */
export interface FromFileOptions {
  /** The cluster's name, where a profile has several. */
  readonly clusterId?: string;
}

/**
 * A controller and engines. What {@linkcode Cluster.start} started ends with
 * this program, however it ends, unless it is detached.
 *
 * @example Two engines, one result
 * ```ts
 * import { Cluster } from "@ippd/ippd";
 *
 * await using cluster = await Cluster.start({ n: 2 });
 * await using client = await cluster.connect();
 * console.log(await client.at(0).apply(() => 1 + 2)); // 3
 * ```
 */
export class Cluster implements AsyncDisposable {
  #core: ClusterCore;

  private constructor(core: ClusterCore) {
    this.#core = core;
  }

  /**
   * Starts a controller and engines; they are ready to use.
   *
   * @throws {ConnectionError} when a process ends before, with what it said,
   * or this program may not do what is needed.
   * @throws {TimeoutError} when it takes longer than `timeoutMs`.
   * @throws {CancelledError} when `signal` is aborted.
   */
  static async start(options: ClusterOptions = {}): Promise<Cluster> {
    try {
      return await Cluster.#start(options);
    } catch (error) {
      if (!(error instanceof Deno.errors.NotCapable)) throw error;
      throw new ConnectionError(
        `Cannot start a cluster: this program lacks a permission (${error.message}); deno run -A grants all that are needed`,
        { cause: error },
      );
    }
  }

  static async #start(options: ClusterOptions): Promise<Cluster> {
    const { n, timeoutMs, ...founding } = resolveClusterOptions(options);
    const { engineFlags } = founding;
    const launcher = await chosenLauncher(options);
    const core = await startCluster({
      controllers: await chosenLauncher({
        launcher: options.controller ?? "local",
        ...(options.controllerOptions !== undefined && {
          launcherOptions: options.controllerOptions,
        }),
      }),
      founding,
      sets: [{ launcher, engineFlags, n }],
      timeoutMs,
      signal: options.signal,
    });
    return new Cluster(core);
  }

  /**
   * A cluster that another program started, or this one detached. What it
   * starts outlives this program.
   *
   * @param pathOrProfile Path of its state file, or its profile. Absent, the
   * default profile.
   * @throws {ConnectionError} when there is none, or several are meant.
   */
  static async fromFile(
    pathOrProfile?: string,
    options: FromFileOptions = {},
  ): Promise<Cluster> {
    const { clusterId } = options;
    const found = await findCluster({ pathOrProfile, clusterId });
    return new Cluster(await attachCluster(found));
  }

  /**
   * The clusters that are written down, those of crashed programs as well.
   *
   * @param profile Absent, all profiles.
   */
  static async list(profile?: string): Promise<readonly Cluster[]> {
    const found = await listClusters(profile);
    const cores = await Promise.all(found.map(attachCluster));
    return cores.map((core) => new Cluster(core));
  }

  /** The cluster's name. */
  get id(): string {
    return this.#core.record.id;
  }

  /** The profile its files belong to. */
  get profile(): string {
    return this.#core.record.profile;
  }

  /** How it is. */
  get state(): ClusterState {
    return this.#core.state;
  }

  /** Its engine sets, as far as this object knows. */
  get engineSets(): readonly EngineSet[] {
    return this.#core.engineSets;
  }

  /** Path of the connection file for clients. */
  get clientFile(): string {
    return this.#core.record.clientFile;
  }

  /** Path of the file by which other programs find the cluster. */
  get stateFile(): string {
    return this.#core.file.path;
  }

  /** Process ids of its engines on this machine, as far as it knows. */
  get engineProcesses(): readonly number[] {
    return this.#core.engineSets.flatMap(({ members }) =>
      members.flatMap(({ handle }) => localPid(handle["pid"]))
    );
  }

  /** Settles when its controller has ended, or this object let go of it. */
  get ended(): Promise<void> {
    return this.#core.controller.ended.then(() => {});
  }

  /** Connects a client; the caller closes it. */
  connect(options?: ConnectOptions): Promise<Client> {
    return this.#core.connect(options);
  }

  /**
   * Starts more engines, as a set of their own.
   *
   * @returns The set.
   * @throws {ConnectionError} when the cluster is stopped, the launcher
   * refuses, or an engine ends before it is ready.
   * @throws {TimeoutError} when it takes longer than `timeoutMs`.
   */
  async startEngines(
    n: number,
    options: StartEnginesOptions = {},
  ): Promise<EngineSet> {
    expectEngineCount(n);
    const launcher = await chosenLauncher(options);
    const isPlain = ENGINE_SETTINGS.every((name) =>
      options[name] === undefined
    );
    const flags = isPlain
      ? this.#core.record.engineFlags
      : flagsOfEngines(options);
    const set = this.#core.newSet(launcher, flags);
    await this.#core.start(set, n, options);
    return set;
  }

  /**
   * Stops engines; settles when they have ended. They finish what they have
   * first, and get nothing new; what runs for longer than `drainTimeoutMs`
   * is lost with them.
   *
   * @param setOrIds A set, the name of one, or engine ids. Absent, all.
   * @throws {RangeError} when one is not in the cluster.
   * @throws {ConnectionError} when the cluster is stopped.
   */
  async stopEngines(
    setOrIds?: EngineSet | string | readonly number[],
    { drainTimeoutMs }: StopEnginesOptions = {},
  ): Promise<void> {
    const core = this.#core;
    const client = await core.running();
    if (setOrIds === undefined) {
      await core.endEngines(client, client.ids, drainTimeoutMs);
      await core.stopJobs(core.engineSets.flatMap((set) => core.jobs(set)));
    } else if (typeof setOrIds === "string" || !isList(setOrIds)) {
      const set = core.setOf(setOrIds);
      await core.endEngines(client, set.ids, drainTimeoutMs);
      await core.stopJobs(core.jobs(set));
    } else if (setOrIds.length > 0) {
      // A view of engines that are not there is refused.
      const { targets } = client.directView(setOrIds);
      await core.stopIds(client, targets, drainTimeoutMs);
    }
  }

  /**
   * Stops engines, as {@linkcode Cluster.stopEngines} does, and starts as
   * many of the same kind. They have new ids: nothing of what was on an
   * engine is on the one that follows it.
   *
   * @param ids Their ids. Absent, all.
   * @throws {RangeError} when one is not in the cluster.
   * @throws {ConnectionError} when this cluster's launchers did not start
   * one, or a job has others as well.
   */
  async restartEngines(
    ids?: readonly number[],
    { drainTimeoutMs }: StopEnginesOptions = {},
  ): Promise<void> {
    const core = this.#core;
    const client = await core.running();
    // A view of engines that are not there is refused.
    if (ids !== undefined && ids.length > 0) client.directView(ids);
    const jobs = jobsWithEngines(core.engineSets, client.engines);
    const whole = wholeJobs(jobs, ids ?? client.ids, "restart");
    const counts = new Map<EngineGroup, number>();
    for (const { set, job } of whole) {
      counts.set(set, (counts.get(set) ?? 0) + job.names.length);
    }
    const going = whole.flatMap(({ ids }) => ids);
    await core.endEngines(client, going, drainTimeoutMs);
    await core.stopJobs(whole);
    await Promise.all(
      [...counts].map(([set, n]) => {
        core.sets.set(set.id, set);
        return core.start(set, n, {});
      }),
    );
  }

  /**
   * Stops everything, as {@linkcode Cluster.stop} does, and starts it again
   * with as many engines of the same kinds. Engines finish what they have
   * first, as in {@linkcode Cluster.stopEngines}; what waits is lost. Clients
   * must connect anew: keys and ports are other ones. A cluster that another
   * program started outlives that program from now on.
   *
   * @throws {ConnectionError} when a process ends before it is ready; then
   * the cluster is stopped.
   * @throws {TimeoutError} when the start takes too long.
   */
  async restart(
    { drainTimeoutMs = DRAIN_TIMEOUT_MS }: StopEnginesOptions = {},
  ): Promise<void> {
    const core = this.#core;
    const client = await core.running();
    const { plan } = core;
    if (drainTimeoutMs > 0) {
      await drainEngines(client, client.ids, drainTimeoutMs);
    }
    await core.stop();
    this.#core = await startCluster(plan);
  }

  /**
   * Sends a signal to engines. `SIGINT` interrupts what runs there, wherever
   * they are; others go by way of their launcher.
   *
   * @param ids Their ids. Absent, all.
   * @throws {RangeError} for `SIGUSR1`, which would open a debugger to
   * everybody on the engine's host.
   * @throws {ConnectionError} when a launcher cannot send it.
   */
  async signalEngines(
    signal: Deno.Signal,
    ids?: readonly number[],
  ): Promise<void> {
    if (signal === "SIGUSR1") {
      throw new RangeError(
        "Cannot send SIGUSR1: it opens the engines' debuggers to everybody on their hosts; use SIGUSR2",
      );
    }
    const client = await this.#core.running();
    if (signal === "SIGINT") {
      await client.interrupt(ids ?? "all");
      return;
    }
    const jobs = jobsWithEngines(this.#core.engineSets, client.engines);
    const whole = wholeJobs(jobs, ids ?? client.ids, "signal");
    await Promise.all(whole.map(({ job }) => job.signal(signal)));
  }

  /**
   * Starts or stops engines until there are `n`. Those without work go
   * first; all finish what they have before, and get nothing new.
   *
   * @throws {TimeoutError} when they have work after `drainTimeoutMs`; then
   * none is stopped, and they go on working.
   */
  async scale(n: number, options: ScaleOptions = {}): Promise<void> {
    expectEngineCount(n);
    const client = await this.#core.running();
    const surplus = client.ids.length - n;
    if (surplus < 0) {
      await this.#grow(-surplus, options);
    } else if (surplus > 0) {
      const { drainTimeoutMs = DRAIN_TIMEOUT_MS } = options;
      const ids = await engineSurplus(client, surplus);
      if (await this.#core.stopIfEmptied(client, ids, drainTimeoutMs)) return;
      throw new TimeoutError(
        `Cannot stop ${surplus} engines: some have work after ${drainTimeoutMs} ms; stop them by their ids, or give them more time`,
      );
    }
  }

  /**
   * Keeps from `min` to `max` engines, as many as the work needs, for as long
   * as this object lives. Replaces the adaptation before.
   *
   * @returns What ends it.
   * @throws {RangeError} when a number is out of range.
   */
  adapt(options: AdaptOptions & ScaleOptions): Adaptation {
    this.#core.expectRunning();
    let starting = 0;
    const stopping = new Set<number>();
    const adaptation = new Adaptation(options, {
      status: async () => {
        const client = await this.#core.running();
        const { processes } = await client.status();
        // What is being stopped is listed still, and counts no more.
        return processes.filter(({ role, engineId }) =>
          role !== "engine" || !stopping.has(engineId)
        );
      },
      starting: () => starting,
      start: async (n) => {
        starting += n;
        try {
          await this.#grow(n, options);
        } finally {
          starting -= n;
        }
      },
      stop: async (ids) => {
        const client = await this.#core.running();
        const idle = await idleNow(client, ids);
        for (const id of idle) stopping.add(id);
        try {
          // Work may have come for them since; what is long, they keep.
          await this.#core.stopIfEmptied(client, idle, options.drainTimeoutMs);
        } finally {
          for (const id of idle) stopping.delete(id);
        }
      },
    });
    this.#core.adaptation?.stop();
    this.#core.adaptation = adaptation;
    return adaptation;
  }

  /** Stops everything; settles when all processes have ended. */
  stop(): Promise<void> {
    return this.#core.stop();
  }

  /**
   * Lets go of the cluster: it goes on when this program ends. Another
   * program, or this one, finds it by {@linkcode Cluster.fromFile}.
   *
   * @returns Path of its state file.
   * @throws {ConnectionError} when the cluster is stopped.
   */
  async detach(): Promise<string> {
    this.#core.expectRunning();
    await this.#core.file.change((record) => ({ ...record, detached: true }));
    await this.#core.release();
    return this.#core.file.path;
  }

  /** Stops what ends with this program; lets go of everything else. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.#core.dispose();
  }

  /** What others need to know to use the cluster. */
  toJSON(): ClusterJson {
    return {
      id: this.id,
      profile: this.profile,
      state: this.state,
      stateFile: this.stateFile,
      clientFile: this.clientFile,
      engineFile: this.#core.record.engineFile,
      startedMs: this.#core.record.startedMs,
      controllerPid: localPid(this.#core.controller.handle["pid"])[0] ?? 0,
      enginePids: this.engineProcesses,
      engineSets: this.engineSets.map(({ id, launcher, n, jobs }) => ({
        id,
        launcher,
        n,
        jobs,
      })),
    };
  }

  /** Starts engines of the newest set's kind, unless told otherwise. */
  async #grow(n: number, options: StartEnginesOptions): Promise<void> {
    const set = this.#core.engineSets.at(-1);
    const isSame = options.launcher === undefined && set !== undefined;
    if (isSame) await this.#core.start(set, n, options);
    else await this.startEngines(n, options);
  }
}

/** Settings that, when one is given, replace those of the cluster. */
const ENGINE_SETTINGS = [
  "slots",
  "sandbox",
  "allow",
  "memoryLimitMib",
  "devices",
  "deviceVariable",
  "respawn",
  "respawnsMax",
  "respawnWindowMs",
  "startup",
  "labels",
  "resources",
] as const satisfies readonly (keyof EngineSettings)[];

async function chosenLauncher(
  { launcher, launcherOptions }: LauncherChoice,
): Promise<Launcher> {
  return typeof launcher === "object"
    ? launcher
    : await loadLauncher(launcher ?? "local", launcherOptions);
}

function localPid(pid: string | number | undefined): number[] {
  return typeof pid === "number" ? [pid] : [];
}

function isList(value: object): value is readonly number[] {
  return Array.isArray(value);
}
