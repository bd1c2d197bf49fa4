/**
 * Records in memory: a ring that forgets the oldest.
 *
 * @module
 */
import type { TaskRecord, TaskRecordPart } from "../messages/mod.ts";
import { compareRecords, type Filter, matches } from "./filter_policy.ts";
import { projectRecord } from "./record_project.ts";
import type {
  QueryOptions,
  Retention,
  StoredTask,
  TaskStore,
} from "./task_store.ts";

/** What a memory store keeps unless told otherwise. */
export const MEMORY_RETENTION: Retention = {
  recordsMax: 20_000,
  bytesMax: 64 << 20,
  ageMsMax: Infinity,
};

/** Most functions that are kept, the last used of all. */
export const FUNCTIONS_KEPT_MAX = 10_000;
/** Most bytes of those functions. */
export const FUNCTION_BYTES_KEPT_MAX: number = 32 << 20;

/** About what a record costs besides its texts. */
const RECORD_BYTES = 480;

interface Entry {
  readonly task: StoredTask;
  readonly bytes: number;
}

/** Keeps records in memory, within budgets of records and of bytes. */
export class MemoryStore implements TaskStore {
  /** What it is called. */
  readonly kind = "memory";
  /** The newest records are kept. */
  readonly newestKept: number;
  readonly #retention: Retention;
  readonly #tasks = new Map<string, Entry>();
  readonly #functions = new Map<string, Uint8Array>();
  #bytes = 0;
  #functionBytes = 0;

  /** Makes an empty store. */
  constructor(retention: Partial<Retention> = {}) {
    this.#retention = { ...MEMORY_RETENTION, ...retention };
    this.newestKept = this.#retention.recordsMax;
  }

  /** About how many bytes are kept. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Adds records, or replaces those with the same ids. */
  put(tasks: readonly StoredTask[]): Promise<void> {
    for (const task of tasks) {
      const { id } = task.record;
      this.#forget(id);
      const bytes = bytesOf(task);
      this.#tasks.set(id, { task, bytes });
      this.#bytes += bytes;
    }
    this.#trim();
    return Promise.resolve();
  }

  /** The records with these ids that are here. */
  get(ids: readonly string[]): Promise<StoredTask[]> {
    return Promise.resolve(
      ids.flatMap((id) => this.#tasks.get(id)?.task ?? []),
    );
  }

  /** The records that fit a filter. */
  query(
    filter: Filter,
    { keys, sort, limit }: QueryOptions,
  ): Promise<TaskRecordPart[]> {
    const found: TaskRecord[] = [];
    for (const { task } of this.#tasks.values()) {
      if (matches(filter, task.record)) found.push(task.record);
    }
    found.sort((a, b) => compareRecords(sort, a, b));
    return Promise.resolve(
      found.slice(0, limit).map((record) => projectRecord(record, keys)),
    );
  }

  /** How many records fit a filter. */
  count(filter: Filter): Promise<number> {
    let count = 0;
    for (const { task } of this.#tasks.values()) {
      if (matches(filter, task.record)) count++;
    }
    return Promise.resolve(count);
  }

  /** Forgets records that fit a filter. */
  purge(filter: Filter): Promise<number> {
    let purged = 0;
    for (const [id, { task }] of this.#tasks) {
      if (!matches(filter, task.record)) continue;
      this.#forget(id);
      purged++;
    }
    return Promise.resolve(purged);
  }

  /** Remembers a function's unit; those not used for longest go. */
  putFunction(hash: string, unit: Uint8Array): Promise<void> {
    this.#dropFunction(hash);
    this.#functions.set(hash, unit);
    this.#functionBytes += unit.byteLength;
    for (const oldest of this.#functions.keys()) {
      if (
        this.#functions.size <= FUNCTIONS_KEPT_MAX &&
        this.#functionBytes <= FUNCTION_BYTES_KEPT_MAX
      ) break;
      this.#dropFunction(oldest);
    }
    return Promise.resolve();
  }

  /** The unit under a hash. */
  getFunction(hash: string): Promise<Uint8Array | undefined> {
    return Promise.resolve(this.#functions.get(hash));
  }

  /** Forgets what is too old. */
  sweep(nowMs: number): Promise<number> {
    const { ageMsMax } = this.#retention;
    let swept = 0;
    for (const [id, { task }] of this.#tasks) {
      if (nowMs - task.record.submittedMs <= ageMsMax) continue;
      this.#forget(id);
      swept++;
    }
    return Promise.resolve(swept);
  }

  /** Forgets everything. */
  close(): Promise<void> {
    this.#tasks.clear();
    this.#functions.clear();
    this.#bytes = this.#functionBytes = 0;
    return Promise.resolve();
  }

  /** Forgets everything. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #trim(): void {
    const { recordsMax, bytesMax } = this.#retention;
    for (const id of this.#tasks.keys()) {
      if (this.#tasks.size <= recordsMax && this.#bytes <= bytesMax) return;
      this.#forget(id);
    }
  }

  #forget(id: string): void {
    const entry = this.#tasks.get(id);
    if (entry === undefined) return;
    this.#tasks.delete(id);
    this.#bytes -= entry.bytes;
  }

  #dropFunction(hash: string): void {
    const unit = this.#functions.get(hash);
    if (unit === undefined) return;
    this.#functions.delete(hash);
    this.#functionBytes -= unit.byteLength;
  }
}

/** What of a task has weight. */
export interface Weighed extends Pick<StoredTask, "request" | "result"> {
  /** Its record. */
  readonly record: Pick<
    TaskRecord,
    "stdout" | "stderr" | "reason" | "error" | "targets"
  >;
}

/** About how many bytes a record takes with what is kept with it. */
export function bytesOf({ record, request, result }: Weighed): number {
  const { stdout, stderr, reason, error } = record;
  const units = stdout.length + stderr.length + (reason?.length ?? 0) +
    (error === undefined ? 0 : error.name.length + error.message.length);
  return RECORD_BYTES + 2 * units + 8 * record.targets.length +
    (request?.byteLength ?? 0) + (result?.byteLength ?? 0);
}
