/**
 * Results that are on their way.
 *
 * @module
 */
import { CompositeError, toError } from "../base/mod.ts";
import type { Output, OutputStream } from "../messages/mod.ts";
import { ResultFeed } from "./result_feed.ts";
import type { DisplayOutput, ResultEvent } from "./task_events.ts";
import {
  streamText,
  type TaskMetadata,
  type TaskRun,
  type TaskRunListener,
} from "./task_run.ts";

/** A piece of output as it arrives. */
export interface OutputEvent {
  /** The task that wrote it. */
  readonly taskId: string;
  /** The engine it ran on. */
  readonly engineId: number;
  /** The stream it was written to. */
  readonly stream: OutputStream;
  /** What was written. */
  readonly text: string;
}

/** Takes output as it arrives. */
export type OutputSink = (event: OutputEvent) => void;

/** How one task of a result ended. */
export type SettledTask =
  | {
    /** The task returned. */
    readonly status: "fulfilled";
    /** What it returned. */
    readonly value: unknown;
  }
  | {
    /** The task failed. */
    readonly status: "rejected";
    /** Why it failed. */
    readonly reason: Error;
  };

/** How the values of several tasks become one value. */
export interface ResultShape<T> {
  /** Makes the final value from those of the tasks, in their order. */
  readonly assemble: (values: readonly unknown[]) => T;
  /** The items that one task's value stands for, for iteration. */
  readonly items: (value: unknown) => Iterable<unknown>;
}

/** Options of {@linkcode AsyncResult}. */
export interface AsyncResultOptions<T> {
  /** The tasks, in the order of the result. */
  readonly runs: readonly TaskRun[];
  /** How their values become one. */
  readonly shape: ResultShape<T>;
  /** Asks for tasks not to run. */
  readonly cancel: (taskIds: readonly string[], reason: string) => void;
  /** Wall-clock time in milliseconds since the Unix epoch. */
  readonly now: () => number;
  /** Cancels the tasks. */
  readonly signal?: AbortSignal | undefined;
}

/** What an iterated result yields: items of an array, else the value. */
export type ItemOf<T> = T extends readonly (infer Item)[] ? Item : T;

/**
 * The result of one or several tasks: await it for the value, iterate it for
 * items in the order they arrive, ask it how far it is.
 *
 * Where a function makes items, as generators do, iteration yields each as it
 * is made, and awaiting gives the list of all. The function is at most a
 * window ahead of what has been consumed: somebody has to iterate or to await,
 * and a time limit goes on while the function waits for that.
 * Leaving the iteration early cancels the tasks, unless somebody awaits.
 *
 * A result that nobody awaits raises no unhandled rejection.
 */
export class AsyncResult<T, Item = ItemOf<T>>
  implements PromiseLike<T>, AsyncIterable<Item>, Disposable {
  readonly #runs: readonly TaskRun[];
  readonly #options: AsyncResultOptions<T>;
  readonly #arrived: TaskRun[] = [];
  readonly #sinks = new Set<OutputSink>();
  readonly #feed = new ResultFeed();
  #pending: number;
  #promise: Promise<T> | undefined;
  #keepsItems = false;
  #whenDone: PromiseWithResolvers<void> | undefined;

  /** Results are made by views. */
  constructor(options: AsyncResultOptions<T>) {
    this.#options = options;
    this.#runs = options.runs;
    this.#pending = options.runs.length;
    const listener: TaskRunListener = {
      settled: (run) => this.#settled(run),
      wrote: (_run, output) => this.#wrote(output),
      item: (run, position) => this.#feed.item(run, position),
      told: (_run, event) => this.#feed.told(event),
    };
    for (const run of options.runs) {
      run.listen(listener);
      if (run.done) this.#settled(run);
    }
    if (options.signal !== undefined) this.#follow(options.signal);
  }

  /** The ids of the tasks, in the order of the result. */
  get taskIds(): readonly string[] {
    return this.#runs.map((run) => run.id);
  }

  /** Whether every task has ended. */
  get done(): boolean {
    return this.#pending === 0;
  }

  /** Whether every task has ended well. */
  get successful(): boolean {
    return this.done && this.#runs.every((run) => run.error === undefined);
  }

  /** How many tasks have ended. */
  get progress(): number {
    return this.#arrived.length;
  }

  /** What is known about each task. */
  get metadata(): readonly TaskMetadata[] {
    return this.#runs.map((run) => run.metadata);
  }

  /** Everything the tasks wrote to standard output, task by task. */
  get stdout(): string {
    return streamText(this.#runs, "stdout");
  }

  /** Everything the tasks wrote to standard error, task by task. */
  get stderr(): string {
    return streamText(this.#runs, "stderr");
  }

  /** What the tasks displayed so far, task by task. */
  get outputs(): readonly DisplayOutput[] {
    return this.#runs.flatMap((run) => run.metadata.outputs);
  }

  /** What the tasks published so far, task by task. */
  get data(): readonly unknown[] {
    return this.#runs.flatMap((run) => run.metadata.data);
  }

  /** Time since submission, until the last outcome arrived, in milliseconds. */
  get elapsedMs(): number {
    const last = this.done
      ? this.#latest((metadata) => metadata.receivedMs)
      : this.#options.now();
    return last - this.#earliestSubmission();
  }

  /** Sum of the times that the tasks ran, in milliseconds. */
  get serialMs(): number {
    let sum = 0;
    for (const { startedMs, completedMs } of this.#runs) {
      if (startedMs !== undefined && completedMs !== undefined) {
        sum += completedMs - startedMs;
      }
    }
    return sum;
  }

  /** Time from submission until the last outcome arrived, in milliseconds. */
  get wallMs(): number {
    return this.#latest((metadata) => metadata.receivedMs) -
      this.#earliestSubmission();
  }

  /** How many times faster than one after the other on one engine. */
  get speedup(): number {
    return this.serialMs / this.wallMs;
  }

  /** Awaiting gives the value, or throws what went wrong. */
  then<R = T, E = never>(
    onFulfilled?: ((value: T) => R | PromiseLike<R>) | null,
    onRejected?: ((reason: unknown) => E | PromiseLike<E>) | null,
  ): Promise<R | E> {
    return this.#value().then(onFulfilled, onRejected);
  }

  /** Handles only failure, as promises do. */
  catch<E = never>(
    onRejected?: ((reason: unknown) => E | PromiseLike<E>) | null,
  ): Promise<T | E> {
    return this.#value().catch(onRejected);
  }

  /** Runs at the end in either case, as promises do. */
  finally(onFinally?: (() => void) | null): Promise<T> {
    return this.#value().finally(onFinally);
  }

  /** Waits for every task, and says of each how it ended; never throws. */
  async settled(): Promise<SettledTask[]> {
    this.#keepItems();
    await this.#end();
    return this.#runs.map(settledTask);
  }

  /**
   * Yields the items in the order in which they arrive; throws at the first
   * failed task.
   */
  async *[Symbol.asyncIterator](): AsyncIterator<Item> {
    using arrivals = this.#feed.read(this.#runs, this.#arrived);
    let missing = this.#runs.length;
    try {
      while (missing > 0) {
        const arrival = await arrivals.next();
        if (arrival === undefined) return;
        const { run, position } = arrival;
        if (position !== undefined) {
          yield run.takeItem(position) as Item;
          continue;
        }
        missing--;
        if (run.error !== undefined) throw run.error;
        if (run.madeItems) continue;
        for (const item of this.#options.shape.items(run.value)) {
          yield item as Item;
        }
      }
    } finally {
      if (missing > 0) this.#leftEarly();
    }
  }

  /**
   * What the tasks tell from now on, as it arrives: output, displays,
   * progress and published data, until every task has ended. Never throws.
   * Items of generators come by iteration, and by that alone.
   */
  events(): AsyncIterableIterator<ResultEvent> {
    return this.#feed.events();
  }

  /**
   * Gives output to a sink as it arrives. Without one, it is written to this
   * process's own streams, each line marked with its engine.
   *
   * @returns stops the streaming when disposed of.
   */
  streamOutput(sink: OutputSink = writeMarked): Disposable {
    this.#sinks.add(sink);
    return { [Symbol.dispose]: () => void this.#sinks.delete(sink) };
  }

  /** Asks for the tasks not to run; those that have ended stay as they are. */
  cancel(reason = "cancelled by its owner"): void {
    const pending = this.#runs.filter((run) => !run.done);
    if (pending.length > 0) {
      this.#options.cancel(pending.map((run) => run.id), reason);
    }
  }

  /** Cancels what has not ended. */
  [Symbol.dispose](): void {
    this.cancel("its result was disposed of");
  }

  #follow(signal: AbortSignal): void {
    const abort = (): void => this.cancel(String(signal.reason));
    if (signal.aborted) return abort();
    signal.addEventListener("abort", abort);
    void this.#end().then(() => signal.removeEventListener("abort", abort));
  }

  #value(): Promise<T> {
    this.#promise ??= this.#await();
    return this.#promise;
  }

  async #await(): Promise<T> {
    this.#keepItems();
    await this.#end();
    const errors = this.#runs.flatMap((run) => run.error ?? []);
    const only = errors[0];
    if (only !== undefined && this.#runs.length === 1) throw only;
    if (only !== undefined) throw new CompositeError(errors);
    return this.#options.shape.assemble(this.#runs.map((run) => run.value));
  }

  #settled(run: TaskRun): void {
    this.#pending--;
    this.#arrived.push(run);
    this.#feed.settled(run);
    if (this.#pending > 0) return;
    this.#whenDone?.resolve();
    this.#feed.end();
  }

  /** Somebody waits for the end: items do not wait to be iterated. */
  #keepItems(): void {
    this.#keepsItems = true;
    for (const run of this.#runs) run.keepItems();
  }

  /** An iteration was left before its end. */
  #leftEarly(): void {
    if (this.#keepsItems) return;
    if (this.#runs.some((run) => run.itemsReceived > 0)) {
      this.cancel("its iteration was left early");
    }
  }

  #end(): Promise<void> {
    if (this.done) return Promise.resolve();
    this.#whenDone ??= Promise.withResolvers();
    return this.#whenDone.promise;
  }

  #wrote(output: Output): void {
    this.#feed.wrote(output);
    const { taskId, engineId, stream, text } = output;
    for (const sink of this.#sinks) sink({ taskId, engineId, stream, text });
  }

  #earliestSubmission(): number {
    let earliest = Infinity;
    for (const run of this.#runs) {
      earliest = Math.min(earliest, run.submittedMs);
    }
    return Number.isFinite(earliest) ? earliest : this.#options.now();
  }

  #latest(of: (metadata: TaskMetadata) => number | undefined): number {
    let latest = this.#earliestSubmission();
    for (const run of this.#runs) {
      latest = Math.max(latest, of(run.metadata) ?? 0);
    }
    return latest;
  }
}

function settledTask(run: TaskRun): SettledTask {
  if (run.error !== undefined) return { status: "rejected", reason: run.error };
  try {
    return { status: "fulfilled", value: run.value };
  } catch (thrown) {
    return { status: "rejected", reason: toError(thrown) };
  }
}

function writeMarked(event: OutputEvent): void {
  const stream = event.stream === "stdout" ? Deno.stdout : Deno.stderr;
  const lines = event.text.replace(/\n$/, "").split("\n");
  const marked = lines.map((line) => `[engine ${event.engineId}] ${line}\n`);
  stream.writeSync(new TextEncoder().encode(marked.join("")));
}
