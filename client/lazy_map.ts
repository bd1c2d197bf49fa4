/**
 * A map that reads its input only as its results are taken.
 *
 * @module
 */
import { toError } from "../base/mod.ts";
import type { RowBatch, RowReader } from "./map_source.ts";
import type { TaskRun, TaskRunListener } from "./task_run.ts";

/** Options of {@linkcode LazyMap}. */
export interface LazyMapOptions {
  /** The input. */
  readonly rows: RowReader;
  /** How many items make one task. */
  readonly chunkSize: number;
  /** Most items that were read and not taken. */
  readonly outstandingMax: number;
  /** Whether results come in the order of the items. */
  readonly ordered: boolean;
  /** Submits a task. */
  readonly submit: (batch: RowBatch) => TaskRun;
  /** The results in a task that has ended; throws when it failed. */
  readonly items: (run: TaskRun, length: number) => readonly unknown[];
  /** Asks for tasks not to run. */
  readonly cancel: (taskIds: readonly string[], reason: string) => void;
  /** Stops everything. */
  readonly signal?: AbortSignal | undefined;
}

/** A task whose results have not been taken. */
interface Chunk {
  readonly run: TaskRun;
  readonly length: number;
}

/**
 * Results of a lazy map, to be iterated once. Reading starts with the first
 * `next`, keeps a bounded number of items ahead of the consumer, and stops
 * with it: leaving a `for await` early cancels the tasks on their way and
 * closes the input.
 */
export class LazyMap<R> implements AsyncIterableIterator<R>, AsyncDisposable {
  readonly #options: LazyMapOptions;
  /** What tasks write is in nobody's hands here. */
  readonly #listener: TaskRunListener = {
    settled: () => this.#changed(),
    wrote: () => {},
    item: () => {},
    told: () => {},
  };
  /** In the order in which results are given. */
  #chunks: Chunk[] = [];
  /** Results of a task whose first ones have been taken. */
  #ready: readonly unknown[] = [];
  #readyAt = 0;
  /** Items that were read and not taken. */
  #ahead = 0;
  #phase: "new" | "reading" | "read" | "over" = "new";
  #problem: Error | undefined;
  #isInSource = false;
  #unfollow: () => void = () => {};
  #wake = Promise.withResolvers<void>();
  /** One `next` at a time. */
  #turn: Promise<unknown> = Promise.resolve();

  /** Lazy maps are made by views. */
  constructor(options: LazyMapOptions) {
    this.#options = options;
  }

  /** Itself: it can be iterated once. */
  [Symbol.asyncIterator](): this {
    return this;
  }

  /** The next result; calls that overlap are answered one after the other. */
  next(): Promise<IteratorResult<R>> {
    const result = this.#turn.then(() => this.#next());
    this.#turn = result.catch(() => {});
    return result;
  }

  /** Stops: cancels the tasks on their way, and closes the input. */
  async return(value?: unknown): Promise<IteratorResult<R>> {
    await this.#stop("its consumer has stopped");
    return { done: true, value };
  }

  /** Stops, for a reason that tasks that are cancelled carry. */
  cancel(reason = "cancelled by its owner"): void {
    void this.#stop(reason);
  }

  /** Stops. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#stop("it was disposed of");
  }

  async #next(): Promise<IteratorResult<R>> {
    if (this.#phase === "new") this.#start();
    try {
      for (;;) {
        if (this.#readyAt < this.#ready.length) return this.#give();
        if (this.#phase === "over") {
          if (this.#problem === undefined) break;
          const problem = this.#problem;
          this.#problem = undefined;
          throw problem;
        }
        if (this.#open()) continue;
        if (this.#phase === "read" && this.#chunks.length === 0) {
          await this.#stop("it has ended");
          continue;
        }
        await this.#wake.promise;
      }
    } catch (thrown) {
      await this.#stop("one of its items failed");
      throw thrown;
    }
    return { done: true, value: undefined };
  }

  #give(): IteratorResult<R> {
    const value = this.#ready[this.#readyAt++] as R;
    this.#ahead--;
    this.#changed();
    return { done: false, value };
  }

  /** Takes the results of the next task that has ended, if there is one. */
  #open(): boolean {
    const at = this.#options.ordered
      ? (this.#chunks[0]?.run.done === true ? 0 : -1)
      : this.#chunks.findIndex((chunk) => chunk.run.done);
    const [chunk] = at === -1 ? [] : this.#chunks.splice(at, 1);
    if (chunk === undefined) return false;
    this.#ready = this.#options.items(chunk.run, chunk.length);
    this.#readyAt = 0;
    return true;
  }

  #start(): void {
    this.#phase = "reading";
    const { signal } = this.#options;
    if (signal !== undefined) {
      const abort = (): void => {
        this.#problem = toError(signal.reason);
        void this.#stop(String(signal.reason));
      };
      if (signal.aborted) return abort();
      signal.addEventListener("abort", abort);
      this.#unfollow = () => signal.removeEventListener("abort", abort);
    }
    void this.#read();
  }

  async #read(): Promise<void> {
    const { rows, chunkSize, outstandingMax } = this.#options;
    try {
      while (this.#phase === "reading") {
        const room = outstandingMax - this.#ahead;
        if (room <= 0) {
          await this.#wake.promise;
          continue;
        }
        const read = rows.read(Math.min(chunkSize, room));
        this.#isInSource = true;
        const batch = read instanceof Promise ? await read : read;
        this.#isInSource = false;
        if (this.#phase !== "reading") return;
        if (batch.length > 0) this.#submit(batch);
        if (batch.isLast) break;
      }
    } catch (thrown) {
      // What was read before still arrives.
      this.#isInSource = false;
      this.#problem = toError(thrown);
    }
    if (this.#phase === "reading") this.#phase = "read";
    this.#changed();
  }

  #submit(batch: RowBatch): void {
    const run = this.#options.submit(batch);
    this.#ahead += batch.length;
    this.#chunks.push({ run, length: batch.length });
    if (run.done) this.#changed();
    else run.listen(this.#listener);
  }

  async #stop(reason: string): Promise<void> {
    if (this.#phase === "over") return;
    this.#phase = "over";
    this.#unfollow();
    const ids = this.#chunks.filter((chunk) => !chunk.run.done)
      .map((chunk) => chunk.run.id);
    this.#chunks = [];
    this.#ready = [];
    if (ids.length > 0) this.#options.cancel(ids, reason);
    this.#changed();
    const closing = this.#options.rows.close();
    // An input that is being read may never answer.
    if (this.#isInSource) return;
    this.#problem ??= await closing;
  }

  #changed(): void {
    this.#wake.resolve();
    this.#wake = Promise.withResolvers();
  }
}
