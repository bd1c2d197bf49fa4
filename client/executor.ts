/**
 * An executor: calls are handed over one by one, and waited for together.
 *
 * @module
 */
import { tasksOf } from "./async_result.ts";
import type { CallResult, CallValue } from "./call_types.ts";
import type { LazyMap } from "./lazy_map.ts";
import type { MapInput } from "./map_source.ts";
import type { RunSet } from "./run_set.ts";
import type { ArgumentsOf, ImapOptions, TaskOf } from "./task_types.ts";

/** What runs the calls of an executor. */
export interface ExecutorView {
  /** Calls a function on one engine. */
  apply<Args extends readonly unknown[], R>(
    fn: TaskOf<(...args: Args) => R>,
    ...args: ArgumentsOf<Args>
  ): CallResult<R, CallValue<R>>;
  /** Calls a function for each item of an input, lazily. */
  imap<A, R>(
    fn: TaskOf<(a: A) => R>,
    source: MapInput<A>,
    options?: ImapOptions,
  ): LazyMap<CallValue<R>>;
}

/**
 * Runs calls wherever there is room. Disposing of it waits for everything
 * that was submitted; it never stops engines.
 */
export class Executor implements AsyncDisposable {
  readonly #view: ExecutorView;
  readonly #pending = new Set<RunSet>();
  #closed = false;

  /** Executors are made by views and clients. */
  constructor(view: ExecutorView) {
    this.#view = view;
  }

  /** How many calls have not ended. */
  get outstanding(): number {
    return this.#pending.size;
  }

  /**
   * Calls a function on one engine.
   *
   * @throws {TypeError} when the function or an argument cannot be sent, or
   * the executor was disposed of.
   */
  submit<Args extends readonly unknown[], R>(
    fn: TaskOf<(...args: Args) => R>,
    ...args: ArgumentsOf<Args>
  ): CallResult<R, CallValue<R>> {
    this.#throwIfClosed();
    const result = this.#view.apply(fn, ...args);
    const set = tasksOf(result);
    this.#pending.add(set);
    void set.whenDone().then(() => this.#pending.delete(set));
    return result;
  }

  /**
   * Calls a function for each item of an input, lazily, and gives the results
   * in order. A map runs as far as its results are taken; nobody else waits
   * for it.
   *
   * @throws {TypeError} as {@linkcode LoadBalancedView.imap} does.
   */
  map<A, R>(
    fn: TaskOf<(a: A) => R>,
    source: MapInput<A>,
    options: ImapOptions = {},
  ): LazyMap<CallValue<R>> {
    this.#throwIfClosed();
    return this.#view.imap(fn, source, options);
  }

  /** Waits until every submitted call has ended; never throws what they do. */
  async drain(): Promise<void> {
    while (this.#pending.size > 0) {
      await Promise.all(
        Array.from(this.#pending, (set) => {
          set.keepItems();
          return set.whenDone();
        }),
      );
    }
  }

  /** Takes no more, and waits for every call. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true;
    await this.drain();
  }

  #throwIfClosed(): void {
    if (!this.#closed) return;
    throw new TypeError("Cannot submit: the executor was disposed of");
  }
}
