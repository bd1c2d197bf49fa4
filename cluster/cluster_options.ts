/**
 * Options of a cluster, and their resolution.
 *
 * @module
 */
import { resolve } from "node:path";
import {
  type LogFormat,
  type LogLevel,
  randomWord,
  SCHEDULING_SCHEMES,
  type SchedulingScheme,
} from "../base/mod.ts";
import { connectionFilePath, DEFAULT_PROFILE } from "../client/profile/mod.ts";
import type { Launcher, LauncherOptions } from "./launchers/mod.ts";

/** Most engines that one call starts: a machine has far fewer cores. */
export const LOCAL_ENGINES_MAX = 1_024;

/** How long a start may take unless told otherwise. */
export const START_TIMEOUT_MS = 30_000;

/** Least memory of a slot's heap: V8 itself needs about 8 MiB. */
export const MEMORY_LIMIT_MIB_MIN = 16;

/**
 * What tasks may do besides computing, in Deno's words. `true` grants all of
 * it, a list grants what it names. What is absent is refused.
 */
export interface AllowOptions {
  /** Files and folders to read, and modules of this machine to import. */
  readonly read?: true | readonly string[];
  /** Files and folders to write. */
  readonly write?: true | readonly string[];
  /** Hosts to reach and to listen on, such as `example.org:443`. */
  readonly net?: true | readonly string[];
  /** Environment variables to read and to set. */
  readonly env?: true | readonly string[];
  /** Programs to run; they are in no sandbox. */
  readonly run?: true | readonly string[];
  /** Native libraries to load; they are in no sandbox. */
  readonly ffi?: true | readonly string[];
  /** What to learn of the machine, such as `hostname`. */
  readonly sys?: true | readonly string[];
  /** Hosts to import modules from; packages of npm come with any of them. */
  readonly import?: true | readonly string[];
}

/** How engines are, wherever they run. */
export interface EngineSettings {
  /** How many tasks an engine runs at once. @default 1 */
  readonly slots?: number | "auto";
  /**
   * Whether tasks may only compute, and do what `allow` grants. Without it
   * they may do what you may. @default allow !== undefined
   */
  readonly sandbox?: boolean;
  /** What tasks may do; whatever is not granted is refused. */
  readonly allow?: AllowOptions;
  /**
   * Most memory of a slot's JavaScript heap, in MiB. A task that needs more
   * ends with an `EngineLostError`, its slot starts again. What is outside
   * the heap, such as large buffers, does not count. Absent, what V8 takes.
   */
  readonly memoryLimitMib?: number;
  /** Devices to deal out to the slots of each engine. Absent, none. */
  readonly devices?: readonly string[];
  /**
   * The variable with a slot's devices. @default "CUDA_VISIBLE_DEVICES"
   */
  readonly deviceVariable?: string;
  /**
   * Whether a slot is started again whose process ended: never, unless it
   * exited with code 0, or always. An engine whose last slot is not started
   * again leaves the cluster. @default "always"
   */
  readonly respawn?: "never" | "on-failure" | "always";
  /** Most starts of a slot within `respawnWindowMs`; more have to wait. */
  readonly respawnsMax?: number;
  /** The window of `respawnsMax`, in milliseconds. */
  readonly respawnWindowMs?: number;
  /**
   * A file of this machine that each slot runs as a cell when it starts, and
   * again after each reset. A slot in which it fails does not start.
   */
  readonly startup?: string;
  /** Free words for every engine. */
  readonly labels?: Readonly<Record<string, string>>;
  /** How much each engine has of what tasks may ask for: `{ gpu: 1 }`. */
  readonly resources?: Readonly<Record<string, number>>;
}

/** Where engines are started. */
export interface LauncherChoice {
  /**
   * A launcher, its name (`local`, `ssh`, `mpi`, `slurm`, …), or the URL or
   * path of a module that exports one. @default "local"
   */
  readonly launcher?: string | Launcher;
  /** Options of a launcher that is named. */
  readonly launcherOptions?: LauncherOptions;
}

/** Options of `Cluster.start`. */
export interface ClusterOptions extends EngineSettings, LauncherChoice {
  /** How many engines to start. @default navigator.hardwareConcurrency */
  readonly n?: number;
  /** What starts the controller, as `launcher` does engines. @default "local" */
  readonly controller?: string | Launcher;
  /** Options of a launcher of the controller that is named. */
  readonly controllerOptions?: LauncherOptions;
  /** The folder of files that the cluster belongs to. @default "default" */
  readonly profile?: string;
  /** The cluster's name, part of its file names. Absent, one is made up. */
  readonly clusterId?: string;
  /** The address that the controller listens on. @default "127.0.0.1" */
  readonly ip?: string;
  /**
   * The port of the hub; the scheduler has the next one, leaves those behind
   * it. Absent, any.
   */
  readonly port?: number;
  /** A name under which other hosts reach this one. */
  readonly location?: string;
  /** Whether the cluster outlives this program. @default false */
  readonly detached?: boolean;
  /**
   * How engines are chosen: `leastload`, `lru`, `plainrandom`, `twobin`,
   * `weighted` or `pure`. @default "leastload"
   */
  readonly scheme?: SchedulingScheme;
  /** Tasks for each slot at a time; 0 is no limit. Absent, it adapts. */
  readonly hwm?: number;
  /**
   * Scheduler processes: one decides, the others are leaves that have the
   * engines' connections, for hundreds of engines and more. @default 1
   */
  readonly schedulers?: number;
  /** How long the start may take. @default START_TIMEOUT_MS */
  readonly timeoutMs?: number;
  /** Gives the start up. */
  readonly signal?: AbortSignal;
  /** What the processes write to their log files. @default "warn" */
  readonly logLevel?: LogLevel;
  /** In which form: `text` for people, `json` for programs. @default "text" */
  readonly logFormat?: LogFormat;
  /**
   * Where records of tasks are kept: `memory`, `sqlite`, `sqlite:FILE`,
   * `postgres:URL` or `none`. @default "memory"
   */
  readonly store?: string;
}

/** Options with every default filled in. */
export interface ResolvedClusterOptions {
  /** How many engines to start. */
  readonly n: number;
  /** The folder of files that the cluster belongs to. */
  readonly profile: string;
  /** The cluster's name. */
  readonly clusterId: string;
  /**
   * Flags of `ippd controller`: where it listens, how it places tasks, where
   * it keeps records, what it logs.
   */
  readonly controllerFlags: readonly string[];
  /** Flags of `ippd engine` that say how engines are. */
  readonly engineFlags: readonly string[];
  /** Whether the cluster outlives this program. */
  readonly detached: boolean;
  /** How long a start may take. */
  readonly timeoutMs: number;
}

/** Names of resources, as `ippd engine --resource` takes them. */
const RESOURCE_NAME = /^[A-Za-z_][\w.-]{0,63}$/;

/** Characters of a name that is made up: about 41 bits. */
const CLUSTER_ID_CHARACTERS = 8;

/**
 * Fills in the defaults.
 *
 * @throws {RangeError} when a number or a name is out of range.
 * @throws {TypeError} when a label has no name.
 */
export function resolveClusterOptions(
  options: ClusterOptions,
): ResolvedClusterOptions {
  const { n = navigator.hardwareConcurrency, detached = false } = options;
  const timeoutMs = options.timeoutMs ?? START_TIMEOUT_MS;
  const profile = options.profile ?? DEFAULT_PROFILE;
  const clusterId = options.clusterId ?? randomWord(CLUSTER_ID_CHARACTERS);
  const logLevel = options.logLevel ?? "warn";
  expectEngineCount(n);
  const { logFormat } = options;
  const logFlags = ["--log-level", logLevel];
  if (logFormat !== undefined) logFlags.push("--log-format", logFormat);
  const engineFlags = [...flagsOfEngines(options), ...logFlags];
  const controllerFlags = [
    ...logFlags,
    ...["--store", options.store ?? "memory"],
    ...flagsOfListening(options),
    ...placementFlags(options),
  ];
  if (!(timeoutMs > 0)) {
    throw new RangeError(
      `Cannot start a cluster within ${timeoutMs} ms: timeoutMs must be positive`,
    );
  }
  // The names become part of paths; a bad one is known before any process.
  connectionFilePath({ profile, clusterId, role: "client" });
  return {
    n,
    profile,
    clusterId,
    controllerFlags,
    engineFlags,
    detached,
    timeoutMs,
  };
}

function expectResources(
  resources: Readonly<Record<string, number>>,
): Readonly<Record<string, number>> {
  for (const [name, amount] of Object.entries(resources)) {
    if (RESOURCE_NAME.test(name) && amount >= 0 && amount < 1e12) continue;
    throw new RangeError(
      `Cannot use resource ${name}=${amount}: a word and an amount from 0 to 1e12 are needed`,
    );
  }
  return resources;
}

/** Most schedulers that a controller starts: what one host may run. */
export const SCHEDULERS_MAX = 64;

function placementFlags(
  { scheme, hwm, schedulers }: ClusterOptions,
): string[] {
  if (scheme !== undefined && !SCHEDULING_SCHEMES.includes(scheme)) {
    throw new TypeError(
      `Cannot place tasks by ${scheme}: the schemes are ${
        SCHEDULING_SCHEMES.join(", ")
      }`,
    );
  }
  if (hwm !== undefined && (!Number.isInteger(hwm) || hwm < 0)) {
    throw new RangeError(
      `Cannot use a high-water mark of ${hwm}: a whole number from 0 upwards is needed`,
    );
  }
  if (schedulers !== undefined && !isCountOf(schedulers, SCHEDULERS_MAX)) {
    throw new RangeError(
      `Cannot start ${schedulers} schedulers: a whole number from 1 to ${SCHEDULERS_MAX} is needed`,
    );
  }
  return [
    ...(schedulers === undefined ? [] : ["--schedulers", String(schedulers)]),
    ...(scheme === undefined ? [] : ["--scheme", scheme]),
    ...(hwm === undefined ? [] : ["--hwm", String(hwm)]),
  ];
}

function isCountOf(value: number, max: number): boolean {
  return Number.isInteger(value) && value >= 1 && value <= max;
}

/** Two ports follow one another, and the last port is 65535. */
const HUB_PORT_MAX = 65_534;

function flagsOfListening(
  { ip, port, location }: ClusterOptions,
): string[] {
  const flags: string[] = [];
  if (ip !== undefined) flags.push("--ip", ip);
  if (port !== undefined) {
    if (!Number.isInteger(port) || port < 1 || port > HUB_PORT_MAX) {
      throw new RangeError(
        `Cannot listen on port ${port}: from 1 to ${HUB_PORT_MAX}, and the next one, are possible`,
      );
    }
    flags.push("--port", String(port));
  }
  if (location !== undefined) flags.push("--location", location);
  return flags;
}

/**
 * The flags of `ippd engine` that say how engines are.
 *
 * @throws {RangeError} when a number is out of range.
 * @throws {TypeError} when a label has no name, or things are allowed without
 * a sandbox.
 */
export function flagsOfEngines(settings: EngineSettings): string[] {
  const { slots = 1, labels = {}, resources = {} } = settings;
  if (slots !== "auto" && (!Number.isInteger(slots) || slots < 1)) {
    throw new RangeError(
      `Cannot start a cluster with ${slots} slots: from 1 upwards, or "auto"`,
    );
  }
  const flags = ["--slots", String(slots), ...flagsForSlots(settings)];
  for (const [name, value] of Object.entries(labels)) {
    if (name === "" || name.includes("=")) {
      throw new TypeError(
        `Cannot use label ${
          JSON.stringify(name)
        }: a name without "=" is needed`,
      );
    }
    flags.push("--label", `${name}=${value}`);
  }
  for (const [name, amount] of Object.entries(expectResources(resources))) {
    flags.push("--resource", `${name}=${amount}`);
  }
  return flags;
}

function flagsForSlots(options: EngineSettings): string[] {
  const { allow, sandbox = allow !== undefined, memoryLimitMib } = options;
  if (!sandbox && allow !== undefined) {
    throw new TypeError(
      "Cannot start a cluster that allows things without a sandbox: everything is allowed there; leave out allow, or sandbox: false",
    );
  }
  const flags = sandbox ? ["--sandbox", ...allowFlags(allow ?? {})] : [];
  flags.push(...deviceFlags(options), ...lifeFlags(options));
  if (memoryLimitMib === undefined) return flags;
  if (Number.isInteger(memoryLimitMib)) {
    if (memoryLimitMib >= MEMORY_LIMIT_MIB_MIN) {
      return [...flags, "--memory-limit", String(memoryLimitMib)];
    }
  }
  throw new RangeError(
    `Cannot limit memory to ${memoryLimitMib} MiB: a whole number from ${MEMORY_LIMIT_MIB_MIN} upwards is needed`,
  );
}

function deviceFlags({ devices, deviceVariable }: EngineSettings): string[] {
  if (devices === undefined) {
    if (deviceVariable === undefined) return [];
    throw new TypeError(
      `Cannot fill variable ${deviceVariable}: there are no devices; name them in devices`,
    );
  }
  const bad = devices.find((device) => /^$|,/.test(device));
  if (devices.length === 0 || bad !== undefined) {
    throw new TypeError(
      `Cannot deal out devices ${
        JSON.stringify(devices)
      }: a list of names without commas is needed`,
    );
  }
  const flags = [`--devices=${devices.join()}`];
  if (deviceVariable === undefined) return flags;
  return [...flags, `--device-variable=${deviceVariable}`];
}

/** Flags about the life of slots. */
function lifeFlags(options: EngineSettings): string[] {
  const { respawn, respawnsMax, respawnWindowMs, startup } = options;
  const flags = respawn === undefined ? [] : [`--respawn=${respawn}`];
  if (respawnsMax !== undefined) {
    if (!Number.isInteger(respawnsMax) || respawnsMax < 1) {
      throw new RangeError(
        `Cannot use respawnsMax ${respawnsMax}: a whole number from 1 upwards is needed`,
      );
    }
    flags.push(`--respawn-max=${respawnsMax}`);
  }
  if (respawnWindowMs !== undefined) {
    if (!(respawnWindowMs >= 1 && Number.isFinite(respawnWindowMs))) {
      throw new RangeError(
        `Cannot use respawnWindowMs ${respawnWindowMs}: a number from 1 upwards is needed`,
      );
    }
    flags.push(`--respawn-window=${(respawnWindowMs / 1_000).toFixed(3)}`);
  }
  if (startup !== undefined) flags.push(`--startup=${resolve(startup)}`);
  return flags;
}

function allowFlags(allow: AllowOptions): string[] {
  return Object.entries(allow).flatMap(([name, grant]) => {
    if (grant === undefined) return [];
    if (grant === true) return `--allow-${name}`;
    return listFlags(name, grant);
  });
}

/** One flag for the list, where a comma within an entry is written twice. */
function listFlags(name: string, entries: readonly string[]): string[] {
  if (entries.includes("")) {
    throw new TypeError(
      `Cannot allow ${name} of an empty name: name what is allowed`,
    );
  }
  const list = entries.map((entry) => entry.replaceAll(",", ",,")).join(",");
  return list === "" ? [] : [`--allow-${name}=${list}`];
}

/**
 * Sees that a number of engines can be started here.
 *
 * @throws {RangeError} when it cannot.
 */
export function expectEngineCount(n: number): void {
  if (Number.isInteger(n) && n >= 0 && n <= LOCAL_ENGINES_MAX) return;
  throw new RangeError(
    `Cannot start ${n} engines: from 0 to ${LOCAL_ENGINES_MAX} on one machine`,
  );
}
