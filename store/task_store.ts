/**
 * Where records of tasks are kept.
 *
 * @module
 */
import type { TaskRecord, TaskRecordPart } from "../messages/mod.ts";
import type { Filter, SortField } from "./filter_policy.ts";

/** A record and the bytes that are kept with it. */
export interface StoredTask {
  /** The record. */
  readonly record: TaskRecord;
  /** Its request, as {@linkcode packParts} made it. */
  readonly request?: Uint8Array | undefined;
  /** Its value or error, as {@linkcode packParts} made it. */
  readonly result?: Uint8Array | undefined;
}

/** What is wanted of the records that fit. */
export interface QueryOptions {
  /** Names of wanted fields, besides the id; empty means all. */
  readonly keys: readonly string[];
  /** What comes first. */
  readonly sort: readonly SortField[];
  /** Most records. */
  readonly limit: number;
}

/** How much a store keeps; the oldest go first. */
export interface Retention {
  /** Most records. */
  readonly recordsMax: number;
  /** Most bytes of all records together. */
  readonly bytesMax: number;
  /** Longest time that a record stays after its submission. */
  readonly ageMsMax: number;
}

/**
 * Keeps records. Every method may reject when what is below fails; nothing
 * is half done then.
 */
export interface TaskStore extends AsyncDisposable {
  /** What it is called. */
  readonly kind: "memory" | "sqlite" | "postgres" | "none";
  /**
   * How many records it keeps, where those are the ones that were put last
   * and nothing else depends on what was put before.
   */
  readonly newestKept?: number;
  /** Adds records, or replaces those with the same ids, all or none. */
  put(tasks: readonly StoredTask[]): Promise<void>;
  /** The records with these ids that are here, in any order. */
  get(ids: readonly string[]): Promise<StoredTask[]>;
  /** The records that fit a filter. */
  query(filter: Filter, options: QueryOptions): Promise<TaskRecordPart[]>;
  /** How many records fit a filter. */
  count(filter: Filter): Promise<number>;
  /** Forgets records that fit a filter; how many there were. */
  purge(filter: Filter): Promise<number>;
  /** Remembers the unit of a function under its hash. */
  putFunction(hash: string, unit: Uint8Array): Promise<void>;
  /** The unit under a hash, if it is here. */
  getFunction(hash: string): Promise<Uint8Array | undefined>;
  /** Forgets what is too old or too much; how many records. */
  sweep(nowMs: number): Promise<number>;
  /** Writes what waits and closes; twice changes nothing. */
  close(): Promise<void>;
}
