/**
 * What is written down about a running cluster, so that other programs find
 * it: no secrets, just where everything is. Pure.
 *
 * @module
 */
import type { JobHandle } from "../launchers/mod.ts";

/** The version of the form that this program writes and reads. */
export const CLUSTER_RECORD_VERSION = 1;

/** The longest record, in bytes: a thousand engines have about 200 kB. */
export const CLUSTER_RECORD_BYTES_MAX: number = 16 * 1024 * 1024;

/** A job, written down. */
export interface JobRecord {
  /** What finds it again. */
  readonly handle: JobHandle;
  /** The launch names of its engines. */
  readonly names: readonly string[];
}

/** A launcher, written down. */
export interface LauncherRecord {
  /** Its name, or the URL of its module. */
  readonly launcher: string;
  /** Its options. */
  readonly launcherOptions: Readonly<Record<string, unknown>>;
}

/** An engine set, written down. */
export interface EngineSetRecord extends LauncherRecord {
  /** Its name. */
  readonly id: string;
  /** Flags of `ippd engine` that say how its engines are. */
  readonly engineFlags: readonly string[];
  /** The number of the next engine. */
  readonly nextIndex: number;
  /** Its jobs that have not ended. */
  readonly jobs: readonly JobRecord[];
}

/** A cluster, written down. */
export interface ClusterRecord {
  /** The version of this form. */
  readonly version: typeof CLUSTER_RECORD_VERSION;
  /** The cluster's name; may be empty. */
  readonly id: string;
  /** The profile its files belong to. */
  readonly profile: string;
  /** When it was started, in milliseconds since the Unix epoch. */
  readonly startedMs: number;
  /** The host that the controller was started from. */
  readonly host: string;
  /** Whether it outlives the program that started it. */
  readonly detached: boolean;
  /** Path of the connection file for clients. */
  readonly clientFile: string;
  /** Path of the connection file for engines. */
  readonly engineFile: string;
  /** The hub's public key, in Z85: what tells its files from others'. */
  readonly hubKey: string;
  /** The public key that the hub made for clients, in Z85. */
  readonly clientKey: string;
  /** Flags of `ippd engine` for further engine sets. */
  readonly engineFlags: readonly string[];
  /** Flags of `ippd controller` that start it again in the same way. */
  readonly controllerFlags?: readonly string[];
  /** The controller. */
  readonly controller: LauncherRecord & JobRecord;
  /** The engine sets. */
  readonly engineSets: readonly EngineSetRecord[];
}

/** Writes a record as text. */
export function formatClusterRecord(record: ClusterRecord): string {
  return JSON.stringify(record, undefined, 2) + "\n";
}

/** Reads a record; `undefined` when the text is none of this version. */
export function parseClusterRecord(text: string): ClusterRecord | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  return isClusterRecord(value) ? value : undefined;
}

/** A record with a job more in one of its sets. */
export function withJobs(
  record: ClusterRecord,
  set: EngineSetRecord,
): ClusterRecord {
  const known = record.engineSets.find(({ id }) => id === set.id);
  const merged: EngineSetRecord = {
    ...set,
    jobs: [...known?.jobs ?? [], ...set.jobs],
    nextIndex: Math.max(known?.nextIndex ?? 0, set.nextIndex),
  };
  const others = record.engineSets.filter(({ id }) => id !== set.id);
  return { ...record, engineSets: [...others, merged] };
}

/** A record without a job. */
export function withoutJob(
  record: ClusterRecord,
  setId: string,
  names: readonly string[],
): ClusterRecord {
  const gone = names.join();
  const engineSets = record.engineSets.map((set) =>
    set.id === setId
      ? { ...set, jobs: set.jobs.filter((job) => job.names.join() !== gone) }
      : set
  );
  return {
    ...record,
    engineSets: engineSets.filter(({ jobs }) => jobs.length > 0),
  };
}

function isClusterRecord(value: unknown): value is ClusterRecord {
  if (!isObject(value)) return false;
  const has = fieldsOf(value);
  return has("version", (x) => x === CLUSTER_RECORD_VERSION) &&
    ["id", "profile", "host", "clientFile", "engineFile", "hubKey", "clientKey"]
      .every((
        name,
      ) => has(name, isText)) &&
    has("startedMs", isNumber) &&
    has("detached", (x) => typeof x === "boolean") &&
    has("engineFlags", isTextList) &&
    (!Object.hasOwn(value, "controllerFlags") ||
      has("controllerFlags", isTextList)) &&
    has("controller", (x) => isLauncherRecord(x) && isJobRecord(x)) &&
    has("engineSets", (x) => isListOf(x, isSetRecord));
}

function isSetRecord(value: unknown): boolean {
  if (!isObject(value) || !isLauncherRecord(value)) return false;
  const has = fieldsOf(value);
  return has("id", isText) && has("engineFlags", isTextList) &&
    has("nextIndex", isNumber) && has("jobs", (x) => isListOf(x, isJobRecord));
}

function isLauncherRecord(value: unknown): boolean {
  if (!isObject(value)) return false;
  const has = fieldsOf(value);
  return has("launcher", isText) && has("launcherOptions", isObject);
}

function isJobRecord(value: unknown): boolean {
  if (!isObject(value)) return false;
  const has = fieldsOf(value);
  return has("names", isTextList) &&
    has(
      "handle",
      (x) =>
        isObject(x) && Object.values(x).every((v) => isText(v) || isNumber(v)),
    );
}

function fieldsOf(
  object: object,
): (name: string, is: (value: unknown) => boolean) => boolean {
  return (name, is) =>
    Object.hasOwn(object, name) && is(Reflect.get(object, name));
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isText(value: unknown): boolean {
  return typeof value === "string";
}

function isNumber(value: unknown): boolean {
  return typeof value === "number" && Number.isFinite(value);
}

function isTextList(value: unknown): boolean {
  return isListOf(value, isText);
}

function isListOf(value: unknown, is: (item: unknown) => boolean): boolean {
  return Array.isArray(value) && value.every(is);
}
