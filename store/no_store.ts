/**
 * No records at all.
 *
 * @module
 */
import type { TaskRecordPart } from "../messages/mod.ts";
import type { StoredTask, TaskStore } from "./task_store.ts";

/** Keeps nothing and finds nothing. */
export class NoStore implements TaskStore {
  /** What it is called. */
  readonly kind = "none";

  /** Keeps nothing. */
  put(): Promise<void> {
    return Promise.resolve();
  }

  /** Finds nothing. */
  get(): Promise<StoredTask[]> {
    return Promise.resolve([]);
  }

  /** Finds nothing. */
  query(): Promise<TaskRecordPart[]> {
    return Promise.resolve([]);
  }

  /** Finds nothing. */
  count(): Promise<number> {
    return Promise.resolve(0);
  }

  /** Has nothing to forget. */
  purge(): Promise<number> {
    return Promise.resolve(0);
  }

  /** Keeps nothing. */
  putFunction(): Promise<void> {
    return Promise.resolve();
  }

  /** Finds nothing. */
  getFunction(): Promise<undefined> {
    return Promise.resolve(undefined);
  }

  /** Has nothing to forget. */
  sweep(): Promise<number> {
    return Promise.resolve(0);
  }

  /** Has nothing to close. */
  close(): Promise<void> {
    return Promise.resolve();
  }

  /** Has nothing to close. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}
