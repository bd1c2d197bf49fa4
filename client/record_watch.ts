/**
 * Watching records as they change.
 *
 * @module
 */
import { ConnectionError } from "../base/mod.ts";
import type { TaskRecord, WatchEvent } from "../messages/mod.ts";
import type { RecordQuestions } from "./record_questions.ts";

/**
 * The records that fit a filter, as they change. The hub sends the next ones
 * when those before have been taken; of a record that changed several times
 * meanwhile it sends the last state. Ending the iteration ends the watch.
 */
export class RecordWatch implements AsyncIterableIterator<TaskRecord> {
  readonly #questions: RecordQuestions;
  readonly #filter: string;
  readonly #watchId: number;
  #records: TaskRecord[] = [];
  #dropped = 0;
  #isTaken = true;
  #isOver = false;
  #error: Error | undefined;
  #wake: (() => void) | undefined;
  readonly #standing = Promise.withResolvers<void>();

  /** Watches are made by clients. */
  constructor(questions: RecordQuestions, filter: string) {
    this.#questions = questions;
    this.#filter = filter;
    // A watch that nobody waits for raises no unhandled rejection.
    this.#standing.promise.catch(() => {});
    this.#watchId = questions.watch(filter, {
      heard: (event) => this.#heard(event),
      reconnected: () => this.#reconnected(),
      ended: (error) => this.#ended(error),
    });
  }

  /** Settles when the hub has the watch: changes from then on are seen. */
  get ready(): Promise<void> {
    return this.#standing.promise;
  }

  /** How many records were left out because they were not taken in time. */
  get dropped(): number {
    return this.#dropped;
  }

  /** The next record that changed. */
  async next(): Promise<IteratorResult<TaskRecord>> {
    for (;;) {
      const record = this.#records.shift();
      if (record !== undefined) return { done: false, value: record };
      if (this.#error !== undefined) throw this.#error;
      if (this.#isOver) return { done: true, value: undefined };
      if (!this.#isTaken) {
        this.#isTaken = true;
        this.#questions.watchNext(this.#watchId, false);
      }
      await new Promise<void>((resolve) => this.#wake = resolve);
    }
  }

  /** Ends the watch. */
  return(): Promise<IteratorResult<TaskRecord>> {
    if (!this.#isOver && this.#error === undefined) {
      this.#isOver = true;
      this.#questions.watchNext(this.#watchId, true);
    }
    this.#records = [];
    this.#wake?.();
    return Promise.resolve({ done: true, value: undefined });
  }

  /** Iterates over itself. */
  [Symbol.asyncIterator](): this {
    return this;
  }

  /** The hub tells of changes. */
  #heard(event: WatchEvent): void {
    if (event.problem !== undefined) {
      const error = new TypeError(`Cannot watch: ${event.problem}`);
      this.#questions.watchNext(this.#watchId, true);
      return this.#ended(error);
    }
    this.#standing.resolve();
    this.#dropped += event.dropped;
    // The hub leaves no field of a watched record out.
    this.#records.push(...event.records as readonly TaskRecord[]);
    if (event.records.length > 0) this.#isTaken = false;
    else this.#questions.watchNext(this.#watchId, false);
    this.#wake?.();
  }

  /** The hub has forgotten the watch. */
  #reconnected(): void {
    this.#isTaken = true;
    this.#questions.watchAgain(this.#watchId, this.#filter);
  }

  /** No more changes will come. */
  #ended(error: Error): void {
    if (this.#isOver) return;
    this.#error = error instanceof TypeError
      ? error
      : new ConnectionError(`Cannot go on watching: ${error.message}`, {
        cause: error,
      });
    this.#standing.reject(this.#error);
    this.#wake?.();
  }
}
