/**
 * A cluster of processes on this machine.
 *
 * @module
 */
import { dirname, join } from "node:path";
import { ConnectionError } from "../base/mod.ts";
import {
  type Client,
  connect,
  type ConnectOptions,
  profileFolder,
} from "../client/mod.ts";
import {
  allowedKeysPath,
  type ConnectionInfo,
  readConnectionFile,
} from "../security/mod.ts";
import { type Announcement, parseAnnouncement } from "./announcement.ts";
import {
  type ClusterOptions,
  expectEngineCount,
  resolveClusterOptions,
  type ResolvedClusterOptions,
} from "./cluster_options.ts";
import { closeKilledKeyList } from "./hub_keys_file.ts";
import { LocalProcess } from "./local_launcher.ts";
import { removeOwnConnectionFile } from "./own_connection_file.ts";
import { selfCommand } from "./self_command.ts";
import { StartWatch } from "./start_watch.ts";

/** Options of {@linkcode Cluster.startEngines}. */
export interface StartEnginesOptions {
  /** How long it may take. Absent, as long as the start of the cluster. */
  readonly timeoutMs?: number;
  /** Gives it up. */
  readonly signal?: AbortSignal;
}

/** What {@linkcode Cluster.toJSON} gives. */
export interface ClusterJson {
  /** The cluster's name. */
  readonly id: string;
  /** The profile its files belong to. */
  readonly profile: string;
  /** Path of the connection file for clients. */
  readonly clientFile: string;
  /** Path of the connection file for engines. */
  readonly engineFile: string;
  /** Process id of the controller. */
  readonly controllerPid: number;
  /** Process ids of the engines. */
  readonly enginePids: readonly number[];
}

/**
 * A controller and engines that this program started, and that end with it,
 * however it ends.
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
  readonly #options: ResolvedClusterOptions;
  readonly #controller: LocalProcess;
  readonly #announcement: Announcement;
  readonly #info: ConnectionInfo;
  readonly #engines = new Set<LocalProcess>();
  #connecting: Promise<Client> | undefined;
  #client: Client | undefined;
  #stopping: Promise<void> | undefined;

  private constructor(
    options: ResolvedClusterOptions,
    controller: LocalProcess,
    announcement: Announcement,
    info: ConnectionInfo,
  ) {
    this.#options = options;
    this.#controller = controller;
    this.#announcement = announcement;
    this.#info = info;
    // Engines without a controller would wait for one that never comes.
    void controller.ended.then(() => this.stop());
  }

  /**
   * Starts a controller and engines; they are ready to use.
   *
   * @throws {ConnectionError} when a process ends before; the message has
   * what it said.
   * @throws {TimeoutError} when it takes longer than `timeoutMs`.
   * @throws {CancelledError} when `signal` is aborted.
   */
  static async start(options: ClusterOptions = {}): Promise<Cluster> {
    const resolved = resolveClusterOptions(options);
    using watch = new StartWatch({
      what: `start cluster ${resolved.clusterId}`,
      timeoutMs: resolved.timeoutMs,
      signal: options.signal,
    });
    const { controller, announced } = startController(resolved);
    watch.needs(controller);
    let cluster: Cluster | undefined;
    try {
      const announcement = await watch.until(announced);
      const info = await readConnectionFile(announcement.clientFile);
      cluster = new Cluster(resolved, controller, announcement, info);
      await cluster.#open(watch);
      return cluster;
    } catch (error) {
      await (cluster ?? controller).stop();
      throw error;
    }
  }

  /** The cluster's name. */
  get id(): string {
    return this.#options.clusterId;
  }

  /** The profile its files belong to. */
  get profile(): string {
    return this.#options.profile;
  }

  /** Path of the connection file for clients. */
  get clientFile(): string {
    return this.#announcement.clientFile;
  }

  /** Process ids of the engines that this object started and that run. */
  get engineProcesses(): readonly number[] {
    return [...this.#engines].map((engine) => engine.pid);
  }

  /** Connects a client; the caller closes it. */
  connect(options?: ConnectOptions): Promise<Client> {
    return connect(this.#info, options);
  }

  /**
   * Starts more engines; they are ready to use.
   *
   * @throws {ConnectionError} when the cluster is stopped, or one of them
   * ends before.
   * @throws {TimeoutError} when it takes longer than `timeoutMs`.
   */
  async startEngines(
    n: number,
    options: StartEnginesOptions = {},
  ): Promise<void> {
    expectEngineCount(n);
    using watch = new StartWatch({
      what: `start ${n} engines of cluster ${this.id}`,
      timeoutMs: options.timeoutMs ?? this.#options.timeoutMs,
      signal: options.signal,
    });
    watch.needs(this.#controller);
    const client = this.#running();
    const engines = this.#startEngines(n, watch);
    try {
      await this.#untilRegistered(client, engines, watch);
    } catch (error) {
      await Promise.all(engines.map((engine) => engine.stop()));
      throw error;
    }
  }

  /**
   * Stops engines, in good order; settles when they have ended.
   *
   * @param ids Their ids. Absent, all.
   * @throws {RangeError} when one is not in the cluster.
   * @throws {ConnectionError} when the cluster is stopped.
   */
  async stopEngines(ids?: readonly number[]): Promise<void> {
    const client = this.#running();
    const targets = ids ?? client.ids;
    if (targets.length === 0) return;
    const pids = new Set(
      client.engines
        .filter(({ engineId }) => targets.includes(engineId))
        .map(({ pid }) => pid),
    );
    await client.shutdown({ targets });
    const leaving = [...this.#engines].filter(({ pid }) => pids.has(pid));
    await Promise.all(leaving.map((engine) => engine.stop()));
  }

  /** Stops everything; settles when all processes have ended. */
  stop(): Promise<void> {
    return this.#stopping ??= this.#stop();
  }

  /** Stops everything. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  /** What others need to know to use the cluster. */
  toJSON(): ClusterJson {
    return {
      id: this.id,
      profile: this.profile,
      clientFile: this.#announcement.clientFile,
      engineFile: this.#announcement.engineFile,
      controllerPid: this.#controller.pid,
      enginePids: this.engineProcesses,
    };
  }

  async #open(watch: StartWatch): Promise<void> {
    const engines = this.#startEngines(this.#options.n, watch);
    this.#connecting = this.connect({
      signal: watch.signal,
      timeoutMs: this.#options.timeoutMs,
    });
    this.#client = await watch.until(this.#connecting);
    await this.#untilRegistered(this.#client, engines, watch);
  }

  async #untilRegistered(
    client: Client,
    engines: readonly LocalProcess[],
    watch: StartWatch,
  ): Promise<void> {
    const isHere = ({ pid }: LocalProcess): boolean =>
      client.engines.some((engine) => engine.pid === pid);
    // Others may start and stop engines meanwhile: what counts is who is here.
    for (;;) {
      const missing = engines.filter((engine) => !isHere(engine)).length;
      if (missing === 0) break;
      const { signal } = watch;
      const count = client.ids.length + missing;
      await watch.until(client.waitForEngines(count, { signal }));
    }
    if (this.#options.hasStartup) await untilStarted(client, engines, watch);
  }

  #startEngines(n: number, watch: StartWatch): LocalProcess[] {
    return Array.from({ length: n }, () => {
      const engine = new LocalProcess({
        what: "engine",
        command: selfCommand("engine", this.#engineArguments()),
        logFolder: logFolder(this.profile),
      });
      this.#engines.add(engine);
      void engine.ended.then(() => this.#engines.delete(engine));
      watch.needs(engine);
      return engine;
    });
  }

  #engineArguments(): string[] {
    const { slots, slotFlags, labels, resources, logLevel } = this.#options;
    const args = ["--connect", this.#announcement.engineFile];
    args.push("--slots", String(slots), "--log-level", logLevel);
    args.push(...slotFlags);
    for (const [name, value] of Object.entries(labels)) {
      args.push("--label", `${name}=${value}`);
    }
    for (const [name, amount] of Object.entries(resources)) {
      args.push("--resource", `${name}=${amount}`);
    }
    return args;
  }

  #running(): Client {
    if (this.#client !== undefined && this.#stopping === undefined) {
      return this.#client;
    }
    throw new ConnectionError(`Cannot use cluster ${this.id}: it is stopped`);
  }

  async #stop(): Promise<void> {
    const processes = [this.#controller, ...this.#engines];
    await Promise.all([
      this.#closeClient(),
      ...processes.map((process) => process.stop()),
    ]);
    // A controller that was killed could not remove them.
    const { clientFile, engineFile } = this.#announcement;
    for (const path of [clientFile, engineFile]) {
      await removeOwnConnectionFile(path, this.#info.publicKey);
    }
    const list = allowedKeysPath(dirname(clientFile), this.id);
    await closeKilledKeyList(list, this.#info.keys.publicKey);
  }

  async #closeClient(): Promise<void> {
    try {
      await (await this.#connecting)?.close();
    } catch {
      // It was given up with the start, and said so there.
    }
  }
}

/** Waits for the start-up scripts: an engine in which they fail ends. */
async function untilStarted(
  client: Client,
  engines: readonly LocalProcess[],
  watch: StartWatch,
): Promise<void> {
  const pids = new Set(engines.map(({ pid }) => pid));
  const ids = client.engines.filter(({ pid }) => pids.has(pid))
    .map(({ engineId }) => engineId);
  if (ids.length === 0) return;
  const idle = client.directView(ids).apply(() => undefined);
  await watch.until(idle.settled());
  // One that has left says more than the loss of a task.
  if (!idle.successful) await watch.until(new Promise<never>(() => {}));
}

/** Starts a controller; `announced` settles when it does, or never. */
function startController(
  options: ResolvedClusterOptions,
): { controller: LocalProcess; announced: Promise<Announcement> } {
  const { promise, resolve } = Promise.withResolvers<Announcement>();
  const args = ["--profile", options.profile];
  args.push("--cluster-id", options.clusterId);
  args.push("--log-level", options.logLevel, "--announce");
  args.push(...options.placementFlags);
  const controller = new LocalProcess({
    what: "controller",
    command: selfCommand("controller", args),
    logFolder: logFolder(options.profile),
    onStdout(line) {
      const announcement = parseAnnouncement(line);
      if (announcement !== undefined) resolve(announcement);
    },
  });
  return { controller, announced: promise };
}

function logFolder(profile: string): string {
  return join(profileFolder(profile), "log");
}
