/**
 * A hub in this process: its keys, its address and its connection files.
 *
 * @module
 */
import { dirname, join } from "node:path";
import type { Logger } from "../base/mod.ts";
import {
  clusterFileStem,
  connectionFilePath,
  profileFolder,
} from "../client/profile/mod.ts";
import {
  localEndpoint,
  type LocalSocketPlace,
  removeDeadSockets,
  removeOwnConnectionFile,
} from "../cluster/files/mod.ts";
import { Hub } from "../hub/mod.ts";
import { bindLocal } from "../links/mod.ts";
import {
  CONNECTION_INFO_VERSION,
  type ConnectionInfo,
  type CurveCrypto,
  encodeKeyPair,
  type KeyPair,
  loadCurveCrypto,
  parseKeyPair,
  writeConnectionFile,
} from "../security/mod.ts";
import type { TaskStore } from "../store/mod.ts";
import { ClusterLockFile } from "./cluster_lock_file.ts";
import { AuditLogFile } from "./audit_log_file.ts";
import {
  type ControllerState,
  controllerStatePath,
  newControllerKeys,
  readControllerState,
  removeControllerState,
  writeControllerState,
} from "./controller_state_file.ts";
import { HubKeys, keysPath } from "./hub_keys.ts";
import { bindError, reachableEndpoints, tcpEndpoint } from "./listening.ts";

/** Who gets keys of their own. */
export type KeyRole = "client" | "engine" | "scheduler";

/** Something for each of them. */
export type PerRole<T> = { readonly [R in KeyRole]: T };

/** Options of {@linkcode HubHost}. */
export interface HubHostOptions {
  /** The profile, for the place of the files. */
  readonly profile: string;
  /** The cluster's name; may be empty. */
  readonly clusterId: string;
  /** The address to listen on. */
  readonly ip: string;
  /** The port to listen on; 0 is any. */
  readonly port: number;
  /** A name under which others reach this host. */
  readonly location?: string | undefined;
  /** Whose connection files are written. */
  readonly files: readonly KeyRole[];
  /** Whether keys and ports of a controller that was killed are used again. */
  readonly reuse?: boolean;
  /** Opens what keeps the records of tasks; the hub closes it. */
  readonly openStore: () => Promise<TaskStore>;
  /** Where to say what happened. */
  readonly log: Logger;
}

/** The port of a bound endpoint. */
function portOf(bound: string): number {
  return Number(bound.slice(bound.lastIndexOf(":") + 1));
}

/** A hub that listens and whose connection files are written. */
export class HubHost implements AsyncDisposable {
  /** The hub. */
  readonly hub: Hub;
  /** What each role must know to connect. */
  readonly infos: PerRole<ConnectionInfo>;
  /** Where each role's connection file is, or would be. */
  readonly paths: PerRole<string>;

  /** Keys, and ports as they were when it started. */
  readonly state: ControllerState;

  readonly #statePath: string;
  readonly #log: Logger;
  readonly #lock: ClusterLockFile;
  readonly #keys: HubKeys;
  readonly #files: readonly KeyRole[];
  #stopping: Promise<void> | undefined;
  #writing: Promise<void> = Promise.resolve();

  private constructor(
    options: HubHostOptions,
    lock: ClusterLockFile,
    keys: HubKeys,
    hub: Hub,
    infos: PerRole<ConnectionInfo>,
    state: ControllerState,
  ) {
    this.state = state;
    this.#statePath = controllerStatePath(options);
    this.#keys = keys;
    this.hub = hub;
    this.infos = infos;
    this.paths = eachRole((role) => connectionFilePath({ ...options, role }));
    this.#log = options.log;
    this.#lock = lock;
    this.#files = options.files;
  }

  /**
   * Makes keys, listens, and writes the files.
   *
   * @throws {CliError} when the address or the cluster's name is in use.
   * @throws {ConnectionFileError} when a file cannot be written.
   */
  static async start(options: HubHostOptions): Promise<HubHost> {
    const lock = ClusterLockFile.take(lockPath(options));
    let hub: Hub | undefined;
    let allowed: HubKeys | undefined;
    try {
      const crypto = await loadCurveCrypto();
      const before = options.reuse === true
        ? await readControllerState(controllerStatePath(options), crypto)
        : undefined;
      const keys = before?.keys ?? newControllerKeys(crypto);
      const keyPair = parseKeyPair(keys.hub, crypto);
      allowed = await HubKeys.open({
        path: keysPath(options),
        own: eachRole((role) => keys[role].publicKey),
        log: options.log,
      });
      const store = await options.openStore();
      const isRestarted = before !== undefined;
      const own = { crypto, keyPair, isRestarted };
      const made = makeHub(options, own, allowed, store);
      const port = before?.hubPort ?? options.port;
      const bound = await bindHub(made, tcpEndpoint(options.ip, port));
      hub = made;
      const { publicKey } = encodeKeyPair(keyPair);
      const infos = eachRole((role): ConnectionInfo => ({
        version: CONNECTION_INFO_VERSION,
        clusterId: options.clusterId,
        role,
        location: options.location ?? Deno.hostname(),
        hub: reachableEndpoints(bound, options.location),
        publicKey,
        keys: keys[role],
      }));
      const state = {
        keys,
        hubPort: portOf(bound),
        schedulerPort: before?.schedulerPort ?? 0,
      };
      const host = new HubHost(options, lock, allowed, made, infos, state);
      await host.#writeFiles();
      await host.#listenLocally(keyPair.publicKey);
      return host;
    } catch (error) {
      await hub?.stop("it could not start");
      await allowed?.[Symbol.asyncDispose]();
      lock[Symbol.dispose]();
      throw error;
    }
  }

  /** Writes down what another controller needs to take this one's place. */
  async keepState(): Promise<void> {
    // At once: it may be killed as soon as somebody has connected.
    await this.#keep(this.state);
    await this.hub.schedulerReady();
    const { publicKey } = this.state.keys.tasks;
    const schedulerPort = this.hub.schedulerPort(publicKey) ?? 0;
    await this.#keep({ ...this.state, schedulerPort });
  }

  /** Tells everybody, ends the hub and removes the files. */
  stop(reason: string): Promise<void> {
    return this.#stopping ??= this.#stop(reason);
  }

  /** Ends the hub and removes the files. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.stop("the hub is closed");
  }

  /** Lets schedulers of this host in by a Unix socket as well. */
  async #listenLocally(publicKey: Uint8Array): Promise<void> {
    await this.#removeSocket();
    const endpoint = localEndpoint({ ...this.#socketPlace, publicKey });
    await bindLocal(this.hub, endpoint, this.#log);
  }

  /** Removes it, once nobody listens there. */
  async #removeSocket(): Promise<void> {
    const { folder, ...only } = this.#socketPlace;
    await removeDeadSockets(folder, only);
  }

  /** Beside the connection files. */
  get #socketPlace(): Omit<LocalSocketPlace, "publicKey"> {
    const { clusterId } = this.infos.scheduler;
    return { role: "hub", folder: dirname(this.paths.scheduler), clusterId };
  }

  async #stop(reason: string): Promise<void> {
    await this.hub.stop(reason);
    await this.#removeSocket();
    await this.#keys[Symbol.asyncDispose]();
    await this.#removeFiles();
    // What is written later would stay, with its keys.
    await this.#writing.catch(() => {});
    await removeControllerState(this.#statePath);
    this.#lock[Symbol.dispose]();
  }

  async #keep(state: ControllerState): Promise<void> {
    if (this.#stopping !== undefined) return;
    this.#writing = writeControllerState(this.#statePath, state);
    await this.#writing;
  }

  async #writeFiles(): Promise<void> {
    try {
      for (const role of this.#files) {
        await writeConnectionFile(this.paths[role], this.infos[role]);
      }
    } catch (error) {
      await this.#removeFiles();
      throw error;
    }
  }

  async #removeFiles(): Promise<void> {
    for (const role of this.#files) {
      const { publicKey } = this.infos[role];
      await removeOwnConnectionFile(this.paths[role], publicKey);
    }
  }
}

function makeHub(
  options: HubHostOptions,
  { isRestarted, ...own }: {
    readonly crypto: CurveCrypto;
    readonly keyPair: KeyPair;
    readonly isRestarted: boolean;
  },
  keys: HubKeys,
  store: TaskStore,
): Hub {
  const { profile, clusterId, log } = options;
  const record = new AuditLogFile({
    folder: join(profileFolder(profile), "log"),
    clusterId,
    now: () => Date.now(),
    log,
  });
  const hub = new Hub({
    security: {
      ...{ kind: "curve-server", unsealedIpc: true },
      ...own,
      authorize: (publicKey) => keys.role(publicKey),
    },
    keys: [...keys.authorizer.entries()],
    store,
    ownerOf: (key) => nameOf(keys, key),
    clusterId,
    isRestarted,
    host: Deno.hostname(),
    pid: Deno.pid,
    memoryBytes: () => Deno.memoryUsage().rss,
    audit: (records) => record.write(records),
    log,
  });
  keys.onChanged((by) => hub.setKeys([...keys.authorizer.entries()], by));
  return hub;
}

async function bindHub(hub: Hub, endpoint: string): Promise<string> {
  try {
    return await hub.bind(endpoint);
  } catch (error) {
    throw bindError(error);
  }
}

function lockPath({ profile, clusterId }: HubHostOptions): string {
  const name = clusterFileStem(clusterId);
  return join(profileFolder(profile), "clusters", `${name}.lock`);
}

function eachRole<T>(make: (role: KeyRole) => T): PerRole<T> {
  return {
    client: make("client"),
    engine: make("engine"),
    scheduler: make("scheduler"),
  };
}

/** What people call a key; its records belong to that name. */
function nameOf({ authorizer }: HubKeys, key: string): string | undefined {
  for (const { publicKey, name } of authorizer.entries()) {
    if (publicKey === key) return name;
  }
  return undefined;
}
