/**
 * Options of a cluster, and their resolution.
 *
 * @module
 */
import { type LogLevel, randomWord } from "../base/mod.ts";
import { connectionFilePath, DEFAULT_PROFILE } from "../client/mod.ts";

/** Most engines that one call starts: a machine has far fewer cores. */
export const LOCAL_ENGINES_MAX = 1_024;

/** How long a start may take unless told otherwise. */
export const START_TIMEOUT_MS = 30_000;

/** Options of `Cluster.start`. */
export interface ClusterOptions {
  /** How many engines to start. @default navigator.hardwareConcurrency */
  readonly n?: number;
  /** The folder of files that the cluster belongs to. @default "default" */
  readonly profile?: string;
  /** The cluster's name, part of its file names. Absent, one is made up. */
  readonly clusterId?: string;
  /** How many tasks an engine runs at once. @default 1 */
  readonly slots?: number | "auto";
  /** Free words for every engine. */
  readonly labels?: Readonly<Record<string, string>>;
  /** How long the start may take. @default START_TIMEOUT_MS */
  readonly timeoutMs?: number;
  /** Gives the start up. */
  readonly signal?: AbortSignal;
  /** What the processes write to their log files. @default "warn" */
  readonly logLevel?: LogLevel;
}

/** Options with every default filled in. */
export interface ResolvedClusterOptions {
  /** How many engines to start. */
  readonly n: number;
  /** The folder of files that the cluster belongs to. */
  readonly profile: string;
  /** The cluster's name. */
  readonly clusterId: string;
  /** How many tasks an engine runs at once. */
  readonly slots: number | "auto";
  /** Free words for every engine. */
  readonly labels: Readonly<Record<string, string>>;
  /** How long a start may take. */
  readonly timeoutMs: number;
  /** What the processes write to their log files. */
  readonly logLevel: LogLevel;
}

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
  const { n = navigator.hardwareConcurrency, slots = 1, labels = {} } = options;
  const timeoutMs = options.timeoutMs ?? START_TIMEOUT_MS;
  const profile = options.profile ?? DEFAULT_PROFILE;
  const clusterId = options.clusterId ?? randomWord(CLUSTER_ID_CHARACTERS);
  expectEngineCount(n);
  if (slots !== "auto" && (!Number.isInteger(slots) || slots < 1)) {
    throw new RangeError(
      `Cannot start a cluster with ${slots} slots: from 1 upwards, or "auto"`,
    );
  }
  if (!(timeoutMs > 0)) {
    throw new RangeError(
      `Cannot start a cluster within ${timeoutMs} ms: timeoutMs must be positive`,
    );
  }
  for (const name of Object.keys(labels)) {
    if (name !== "" && !name.includes("=")) continue;
    throw new TypeError(
      `Cannot use label ${JSON.stringify(name)}: a name without "=" is needed`,
    );
  }
  // The names become part of paths; a bad one is known before any process.
  connectionFilePath({ profile, clusterId, role: "client" });
  const logLevel = options.logLevel ?? "warn";
  return { n, profile, clusterId, slots, labels, timeoutMs, logLevel };
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
