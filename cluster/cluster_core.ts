/**
 * The inside of a cluster: its processes, its file and its own client.
 *
 * @module
 */
import { dirname } from "node:path";
import { ConnectionError } from "../base/mod.ts";
import { type Client, connect, type ConnectOptions } from "../client/mod.ts";
import { allowedKeysPath, readConnectionFile } from "../security/mod.ts";
import type { Adaptation } from "./adaptation.ts";
import type { ClusterState } from "./cluster_json.ts";
import {
  closeKilledKeyList,
  type ClusterRecord,
  type ClusterStateFile,
  keyOf,
  removeDeadSockets,
  removeOwnConnectionFile,
  removeOwnControllerState,
  withJobs,
  withoutJob,
} from "./files/mod.ts";
import type { FoundCluster } from "./cluster_search.ts";
import { untilArrived, untilStarted } from "./engine_arrival.ts";
import { type JobEngines, jobsWithEngines } from "./engine_choice.ts";
import {
  DRAIN_TIMEOUT_MS,
  drainEngines,
  shutDownEngines,
  undrainEngines,
} from "./engine_drain.ts";
import { EngineGroup, type SetLaunch } from "./engine_set.ts";
import { launchPlace, type StartPlan } from "./founding.ts";
import type { Job, Launcher } from "./launchers/mod.ts";
import type { StartEnginesOptions } from "./start_options.ts";
import { StartWatch } from "./start_watch.ts";

/** How long a farewell to a hub may take that may be gone. */
const FAREWELL_TIMEOUT_MS = 3_000;

/** Options of {@linkcode ClusterCore}. */
export interface ClusterCoreOptions {
  /** Started its controller. */
  readonly controllers: Launcher;
  /** Whether its processes end with this program. */
  readonly isOwned: boolean;
  /** How long a start may take. */
  readonly timeoutMs: number;
}

/** What all operations on a cluster share. */
export class ClusterCore {
  /** What was written down when it was found or started. */
  readonly record: ClusterRecord;
  /** The file by which others find it. */
  readonly file: ClusterStateFile;
  /** Its controller. */
  readonly controller: Job;
  /** Its engine sets, by name. */
  readonly sets: Map<string, EngineGroup> = new Map();
  /** What keeps the number of its engines fit, if anything does. */
  adaptation: Adaptation | undefined;

  readonly #options: ClusterCoreOptions;
  #connecting: Promise<Client> | undefined;
  #client: Client | undefined;
  #stopping: Promise<void> | undefined;
  #idMax = -1;
  #isStopped = false;
  #isReleased = false;

  /** Knows a cluster; starts nothing. */
  constructor(
    { record, file }: FoundCluster,
    controller: Job,
    options: ClusterCoreOptions,
  ) {
    this.record = record;
    this.file = file;
    this.controller = controller;
    this.#options = options;
    // Engines without a controller would wait for one that never comes.
    if (options.isOwned) {
      void controller.ended.then(() => this.#controllerEnded());
    }
  }

  /** How it is. */
  get state(): ClusterState {
    if (this.#isStopped) return "stopped";
    if (this.#stopping !== undefined) return "stopping";
    if (this.#isReleased) return "detached";
    return this.controller.state.kind === "ended" ? "lost" : "running";
  }

  /** Its engine sets. */
  get engineSets(): readonly EngineGroup[] {
    return [...this.sets.values()];
  }

  /** Connects a client; the caller closes it. */
  connect(options?: ConnectOptions): Promise<Client> {
    return connect(this.record.clientFile, options);
  }

  /** Stops everything; settles when all processes have ended. */
  stop(): Promise<void> {
    return this.#stopping ??= this.#stop();
  }

  /** Stops what ends with this program; lets go of everything else. */
  dispose(): Promise<void> {
    const isOurs = this.#options.isOwned && !this.#isReleased;
    return isOurs ? this.stop() : this.release();
  }

  /** Makes an empty set. */
  newSet(
    launcher: Launcher,
    engineFlags: readonly string[],
    known: { readonly id?: string; readonly nextIndex?: number } = {},
  ): EngineGroup {
    const set = new EngineGroup({
      launcher,
      engineFlags,
      ...known,
      engines: () => this.#client?.engines ?? [],
      onEnded: (set, job) => this.#jobEnded(set, job),
    });
    this.sets.set(set.id, set);
    return set;
  }

  /** Starts engines in a set, and waits for them unless told otherwise. */
  async start(
    set: EngineGroup,
    n: number,
    options: StartEnginesOptions,
  ): Promise<void> {
    using watch = new StartWatch({
      what: `start ${n} engines of cluster ${this.record.id}`,
      timeoutMs: options.timeoutMs ?? this.#options.timeoutMs,
      signal: options.signal,
    });
    await watch.until(this.running());
    if (this.#options.isOwned) watch.needs(this.controller);
    const launching = this.launch(set, n, watch, !this.#options.isOwned);
    try {
      const jobs = await watch.until(launching);
      if (options.wait !== false) await this.arrived(jobs, watch);
      await this.file.settled();
    } catch (error) {
      // What was launched nevertheless must not stay behind.
      const jobs = await launching.catch(() => []);
      await Promise.all(jobs.map((job) => job.stop()));
      throw error;
    }
  }

  /** Starts engines in a set; they are on their way. */
  async launch(
    set: EngineGroup,
    n: number,
    watch: StartWatch,
    detached: boolean,
  ): Promise<readonly Job[]> {
    this.sets.set(set.id, set);
    if (n === 0) return [];
    const { engineFile, profile, id: clusterId } = this.record;
    const launch: SetLaunch = {
      ...launchPlace({ profile, clusterId }, detached),
      firstId: this.#unusedId(),
      engineFile,
      engineInfo: () => readConnectionFile(engineFile),
      schedulers: async () => (await this.connected()).schedulers,
      signal: watch.signal,
    };
    const jobs = await set.launch(n, launch);
    for (const job of jobs) watch.needs(job);
    void this.file.change((record) => withJobs(record, set.record(jobs)));
    return jobs;
  }

  /** An id above all that engines have had, as far as it has seen. */
  #unusedId(): number {
    const ids = this.#client?.ids ?? [];
    this.#idMax = Math.max(this.#idMax, ids.at(-1) ?? -1);
    return this.#idMax + 1;
  }

  /** Waits for the engines of jobs. */
  async arrived(jobs: readonly Job[], watch: StartWatch): Promise<void> {
    const names = jobs.flatMap((job) => job.names);
    const client = await watch.until(this.connected(watch.signal));
    await untilArrived(client, names, watch);
    const sets = this.engineSets.filter(({ hasStartup }) => hasStartup);
    if (sets.some((set) => jobs.some((job) => set.members.includes(job)))) {
      await untilStarted(client, names, watch);
    }
  }

  /** The cluster's own client. */
  connected(signal?: AbortSignal): Promise<Client> {
    return this.#connecting ??= this.connect({
      timeoutMs: this.#options.timeoutMs,
      ...(signal !== undefined && { signal }),
    }).then((client) => this.#client = client);
  }

  /** Sees that the cluster can be used. */
  expectRunning(): void {
    const { state } = this;
    if (state === "running") return;
    const what = state === "lost"
      ? `its controller is gone; ippd cluster clean tidies up after it`
      : `it is ${state}`;
    throw new ConnectionError(`Cannot use cluster ${this.record.id}: ${what}`);
  }

  /** The client, where the cluster can be used. */
  async running(): Promise<Client> {
    this.expectRunning();
    const client = await this.connected();
    this.expectRunning();
    // Ids that go now must not be asked for again.
    this.#unusedId();
    return client;
  }

  /** The set that is meant. */
  setOf(set: { readonly id: string } | string): EngineGroup {
    const id = typeof set === "string" ? set : set.id;
    const known = this.sets.get(id);
    if (known !== undefined) return known;
    throw new RangeError(
      `Cannot find engine set ${id}: cluster ${this.record.id} has ${
        [...this.sets.keys()].join(", ") || "none"
      }`,
    );
  }

  /** What starts the same cluster again. */
  get plan(): StartPlan {
    const { profile, id, engineFlags, controllerFlags = [] } = this.record;
    const { controllers, isOwned, timeoutMs } = this.#options;
    const detached = !isOwned;
    return {
      controllers,
      founding: {
        profile,
        clusterId: id,
        detached,
        controllerFlags,
        engineFlags,
      },
      sets: this.engineSets.map(({ plan }) => plan),
      timeoutMs,
    };
  }

  /**
   * Ends engines. They finish what they have first, for as long as they may
   * take; then they go in any case.
   */
  async endEngines(
    client: Client,
    ids: readonly number[],
    drainTimeoutMs: number = DRAIN_TIMEOUT_MS,
  ): Promise<void> {
    if (drainTimeoutMs > 0) await drainEngines(client, ids, drainTimeoutMs);
    await shutDownEngines(client, ids);
  }

  /** Stops engines by their ids, as {@linkcode endEngines} does. */
  async stopIds(
    client: Client,
    ids: readonly number[],
    drainTimeoutMs?: number,
  ): Promise<void> {
    const jobs = jobsWithEngines(this.engineSets, client.engines);
    await this.endEngines(client, ids, drainTimeoutMs);
    const gone = new Set(ids);
    // A job ends with the last of its engines.
    await this.stopJobs(
      jobs.filter((job) =>
        job.ids.length > 0 && job.ids.every((id) => gone.has(id))
      ),
    );
  }

  /**
   * Stops engines if they become empty in time; else they get work again.
   *
   * @returns Whether they are stopped.
   */
  async stopIfEmptied(
    client: Client,
    ids: readonly number[],
    drainTimeoutMs: number = DRAIN_TIMEOUT_MS,
  ): Promise<boolean> {
    if (!await drainEngines(client, ids, drainTimeoutMs)) {
      await undrainEngines(client, ids);
      return false;
    }
    await this.stopIds(client, ids, 0);
    return true;
  }

  /** Every job of a set, whichever engines it has. */
  jobs(set: EngineGroup): JobEngines[] {
    return set.members.map((job) => ({ set, job, ids: [] }));
  }

  /** Ends jobs, and takes them out of their sets. */
  async stopJobs(jobs: readonly JobEngines[]): Promise<void> {
    await Promise.all(jobs.map(async ({ set, job }) => {
      await job.stop();
      set.forget(job);
    }));
    await this.file.settled();
  }

  #jobEnded(set: EngineGroup, job: Job): void {
    if (this.#isReleased) return;
    if (set.members.length === 0) this.sets.delete(set.id);
    if (this.#stopping !== undefined) return;
    void this.file.change((record) => withoutJob(record, set.id, job.names));
  }

  #controllerEnded(): void {
    if (!this.#isReleased) void this.stop();
  }

  async #stop(): Promise<void> {
    this.adaptation?.stop();
    // Its own processes hear of it at once; others must be asked first.
    if (!this.#options.isOwned) await this.#farewell();
    const jobs = this.engineSets.flatMap(({ members }) => members);
    await Promise.all([
      this.#closeClient(),
      ...[this.controller, ...jobs].map((job) => job.stop()),
    ]);
    // A controller that was killed could not remove them.
    const { clientFile, engineFile, hubKey } = this.record;
    for (const path of [clientFile, engineFile]) {
      await removeOwnConnectionFile(path, hubKey);
    }
    const folder = dirname(clientFile);
    await removeOwnControllerState(folder, this.record.id, hubKey);
    await removeDeadSockets(folder, { clusterId: this.record.id });
    const list = allowedKeysPath(folder, this.record.id);
    await closeKilledKeyList(list, this.record.clientKey);
    await this.file.remove(keyOf(this.record));
    this.#isStopped = true;
  }

  async #farewell(): Promise<void> {
    if (this.controller.state.kind === "ended") return;
    try {
      const client = await this.connect({ timeoutMs: FAREWELL_TIMEOUT_MS });
      await client.shutdown({ hub: true });
      await client.close();
    } catch {
      // It cannot be asked any more, so it is told.
    }
  }

  /** Lets go of everything. */
  async release(): Promise<void> {
    if (this.#isReleased || this.#stopping !== undefined) return;
    this.#isReleased = true;
    this.adaptation?.stop();
    const jobs = this.engineSets.flatMap(({ members }) => members);
    await Promise.all([
      ...[this.controller, ...jobs].map((job) => job.release()),
      this.#closeClient(),
    ]);
    await this.file.settled();
  }

  async #closeClient(): Promise<void> {
    try {
      await (await this.#connecting)?.close();
    } catch {
      // It was given up with the start, and said so there.
    }
  }
}
