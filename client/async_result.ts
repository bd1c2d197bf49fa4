/**
 * Results that are on their way.
 *
 * @module
 */
import { CompositeError, ConnectionError, toError } from "../base/mod.ts";
import type { InputJoin } from "../functions/mod.ts";
import { DISPLAY_METHOD, type MimeBundle } from "../messages/mod.ts";
import {
  groupedOutput,
  type OutputBlock,
  outputBlocks,
  type OutputGrouping,
  type OutputSink,
  streamText,
} from "./output_text.ts";
import { ResultShow } from "./result_show.ts";
import {
  listsJoined,
  oneValue,
  type ResultShape,
  wholeOf,
} from "./result_shape.ts";
import {
  type AsyncResultOptions,
  type ItemOf,
  type ResultHandle,
  type ResultHost,
  type SettledTask,
  settledTask,
} from "./result_parts.ts";
import { timingOf } from "./result_timing.ts";
import { joinedSet, RunSet } from "./run_set.ts";
import type { TaskMetadata, TaskRun } from "./task_run.ts";
import type { DisplayOutput, ResultEvent } from "./task_events.ts";
import { type ResultWaitOptions, waitForRuns } from "./waiting.ts";

/** Lets this package, and nobody else, look into results. */
let setOf: (result: AsyncResult<unknown>) => RunSet;

/** The tasks behind a result. */
export function tasksOf(result: AsyncResult<unknown>): RunSet {
  return setOf(result);
}

/**
 * The result of one or several tasks: await it for the value, iterate it for
 * items in the order they arrive, ask it how far it is, or pass it to another
 * call as an argument.
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
  readonly #set: RunSet;
  readonly #shape: ResultShape<T>;
  readonly #host: ResultHost;
  readonly #ordered: boolean | undefined;

  static {
    setOf = (result) => result.#set;
    // How notebooks ask a value to show itself.
    Object.defineProperty(this.prototype, DISPLAY_METHOD, {
      value(this: AsyncResult<unknown>): MimeBundle | Promise<MimeBundle> {
        return this.#shown().display();
      },
    });
  }

  #promise: Promise<T> | undefined;
  #show: ResultShow | undefined;

  /** Results are made by views. */
  constructor({ runs, shape, host, signal, ordered }: AsyncResultOptions<T>) {
    this.#set = runs instanceof RunSet ? runs : new RunSet(runs);
    this.#shape = shape;
    this.#host = host;
    this.#ordered = ordered;
    if (signal !== undefined) this.#follow(signal);
  }

  /** One result for several: its value is the list of their values. */
  static join<Results extends readonly AsyncResult<unknown>[]>(
    ...results: Results
  ): AsyncResult<
    { -readonly [K in keyof Results]: Awaited<Results[K]> }
  > {
    const [first] = results;
    if (first === undefined) {
      throw new TypeError("Cannot join nothing: at least one result is needed");
    }
    return new AsyncResult({
      runs: joinedSet(results.map((result) => result.#set)),
      // The compiler cannot follow the list of results to their values.
      shape: wholeOf(() => allValues(results)) as ResultShape<never>,
      host: first.#host,
    });
  }

  /** How the scheduler makes the value for another task, where it can. */
  get inputJoin(): InputJoin | undefined {
    return this.#shape.join;
  }

  /** The ids of the tasks, in the order of the result. */
  get taskIds(): readonly string[] {
    return this.#set.runs.map((run) => run.id);
  }

  /** Whether every task has ended. */
  get done(): boolean {
    return this.#set.done;
  }

  /** Whether every task has ended well. */
  get successful(): boolean {
    return this.#set.done && !this.#set.hasFailed;
  }

  /** How many tasks have ended. */
  get progress(): number {
    return this.#set.arrived.length;
  }

  /** What is known about each task. */
  get metadata(): readonly TaskMetadata[] {
    return this.#set.runs.map((run) => run.metadata);
  }

  /** Everything the tasks wrote to standard output, task by task. */
  get stdout(): string {
    return streamText(this.#set.runs, "stdout");
  }

  /** Everything the tasks wrote to standard error, task by task. */
  get stderr(): string {
    return streamText(this.#set.runs, "stderr");
  }

  /** What the tasks displayed so far, task by task. */
  get outputs(): readonly DisplayOutput[] {
    return this.#set.runs.flatMap((run) => run.metadata.outputs);
  }

  /** What the tasks published so far, task by task. */
  get data(): readonly unknown[] {
    return this.#set.runs.flatMap((run) => run.metadata.data);
  }

  /** Time since submission, until the last outcome arrived, in milliseconds. */
  get elapsedMs(): number {
    return timingOf(this.#set, this.#host.clock.now()).elapsedMs;
  }

  /** Sum of the times that the tasks ran, in milliseconds. */
  get serialMs(): number {
    return timingOf(this.#set, this.#host.clock.now()).serialMs;
  }

  /** Time from submission until the last outcome arrived, in milliseconds. */
  get wallMs(): number {
    return timingOf(this.#set, this.#host.clock.now()).wallMs;
  }

  /** How many times faster than one after the other on one engine. */
  get speedup(): number {
    const { serialMs, wallMs } = timingOf(this.#set, 0);
    return wallMs === 0 ? 0 : serialMs / wallMs;
  }

  /**
   * Settles when what was submitted so far has been written to the
   * connection: from then on nobody reads the memory of the arguments.
   */
  get sent(): Promise<void> {
    return this.done ? Promise.resolve() : this.#host.whenSent();
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

  /**
   * Waits for every task, and says of each how it ended, so that what went
   * well is there when others failed; never throws.
   */
  async settled(): Promise<SettledTask[]> {
    this.#set.keepItems();
    await this.#set.whenDone();
    return this.#set.runs.map(settledTask);
  }

  /**
   * Waits for the end, and gives the value of each task by its engine.
   *
   * @throws {RangeError} when an engine ran more than one of the tasks.
   */
  async byEngine(): Promise<Map<number, unknown>> {
    await this.#value();
    const values = new Map<number, unknown>();
    for (const run of this.#set.runs) {
      const { engineId } = run;
      if (engineId === undefined) continue;
      if (values.has(engineId)) {
        throw new RangeError(
          `Cannot give values by engine: engine ${engineId} ran several of the tasks; use settled() and metadata`,
        );
      }
      values.set(engineId, this.#read(run));
    }
    return values;
  }

  /**
   * The first item of the first task that ends well; the others go on.
   *
   * @throws {CompositeError} when every task fails; of one task, its error.
   */
  async first(): Promise<Item> {
    this.#set.keepItems();
    for (let index = 0;; index++) {
      const run = await this.#arrival(index);
      if (run === undefined) break;
      if (run.error !== undefined && this.#shape.read === undefined) continue;
      for (const item of this.#shape.items(this.#read(run))) {
        return item as Item;
      }
    }
    await this.#value();
    throw new RangeError("Cannot give a first item: the result is empty");
  }

  /**
   * Waits without asking for the value; never throws what a task threw.
   *
   * @returns Whether what was waited for has come; `false` when time is up.
   */
  wait(options: ResultWaitOptions = {}): Promise<boolean> {
    return waitForRuns([this.#set], options, this.#host.clock);
  }

  /**
   * Yields the items in the order in which they arrive; throws at the first
   * failed task.
   */
  async *[Symbol.asyncIterator](): AsyncIterator<Item> {
    const { runs, arrived } = this.#set;
    if (this.#ordered === true) {
      for (let index = 0;; index++) {
        const run = await this.#inOrder(index);
        if (run === undefined) break;
        yield* this.#itemsOf(run);
      }
    } else {
      using arrivals = this.#set.live.read(runs, arrived);
      let isOver = false;
      try {
        for (;;) {
          const arrival = await arrivals.next();
          if (arrival === undefined) break;
          const { run, position } = arrival;
          if (position !== undefined) {
            yield run.takeItem(position) as Item;
          } else if (!run.madeItems) yield* this.#itemsOf(run);
        }
        isOver = true;
      } finally {
        if (!isOver) this.#leftEarly();
      }
    }
    if (this.#set.problem !== undefined) throw this.#set.problem;
  }

  /**
   * What the tasks tell from now on, as it arrives: output, displays,
   * progress and published data, until every task has ended. Never throws.
   * Items of generators come by iteration, and by that alone.
   */
  events(): AsyncIterableIterator<ResultEvent> {
    return this.#set.live.events();
  }

  /** What the tasks wrote, in blocks of one engine and stream each. */
  outputBlocks(grouping: OutputGrouping = "type"): OutputBlock[] {
    return outputBlocks(this.#set.runs, grouping);
  }

  /** What the tasks wrote, as one text with headings. */
  groupedOutput(grouping: OutputGrouping = "type"): string {
    return groupedOutput(this.#set.runs, grouping);
  }

  /**
   * Gives output to a sink as it arrives. Without one, it is written to this
   * process's own streams, each line marked with its engine; in a notebook it
   * is shown by engine, together with what the tasks display.
   *
   * @returns stops the streaming when disposed of.
   */
  streamOutput(sink?: OutputSink): Disposable {
    return this.#shown().stream(sink);
  }

  /**
   * Draws a bar on this process's terminal until every task has ended. Draws
   * nothing where standard error is not a terminal, or `IPPD_NONINTERACTIVE`
   * is set; no colours with `NO_COLOR`. In a notebook the bar is below the
   * cell, with one for each task that tells its own progress.
   *
   * @returns Settles when every task has ended; never throws.
   */
  showProgress(): Promise<void> {
    return this.#shown().progress();
  }

  #shown(): ResultShow {
    return this.#show ??= new ResultShow({
      set: this.#set,
      items: this.#shape.items,
      elapsedMs: () => this.elapsedMs,
    }, this.#host);
  }

  /** Asks for the tasks not to run; those that have ended stay as they are. */
  cancel(reason = "cancelled by its owner"): void {
    this.#set.stopFeed(reason);
    const pending = this.#set.runs.filter((run) => !run.done);
    if (pending.length > 0) {
      this.#host.cancel(pending.map((run) => run.id), reason);
    }
  }

  /** Cancels what has not ended. */
  [Symbol.dispose](): void {
    this.cancel("its result was disposed of");
  }

  /**
   * One result for each task.
   *
   * @throws {TypeError} while a map still submits tasks.
   */
  split(): AsyncResult<unknown>[] {
    if (this.#set.isOpen) {
      throw new TypeError(
        "Cannot split a result that still submits tasks: await it first",
      );
    }
    const shape: ResultShape<unknown> = this.#shape.join === "joined"
      ? listsJoined()
      : oneValue();
    const { read } = this.#shape;
    return this.#set.runs.map((run) =>
      new AsyncResult({
        runs: [run],
        shape: read === undefined ? shape : { ...shape, read },
        host: this.#host,
      })
    );
  }

  /** What other processes can find the tasks by. */
  toJSON(): ResultHandle {
    const { id, clusterId } = this.#host;
    const { join } = this.#shape;
    return {
      version: 1,
      clusterId,
      clientId: id,
      taskIds: this.taskIds,
      ...(join === undefined ? {} : { join }),
    };
  }

  /**
   * The value, which must be here already.
   *
   * @throws What went wrong, where something did.
   */
  valueNow(): T {
    const { runs, arrived, problem } = this.#set;
    if (!this.done) {
      throw new ConnectionError("Cannot give the value: it is not here yet");
    }
    if (this.#shape.whole !== undefined) return this.#shape.whole();
    if (problem !== undefined) throw problem;
    if (this.#shape.read === undefined && this.#set.hasFailed) {
      if (runs.length === 1) throw runs[0]?.error;
      throw new CompositeError(runs.flatMap((run) => run.error ?? []));
    }
    const inOrder = this.#ordered === false ? arrived : runs;
    return this.#shape.assemble(inOrder.map((run) => this.#read(run)));
  }

  #follow(signal: AbortSignal): void {
    const abort = (): void => this.cancel(String(signal.reason));
    if (signal.aborted) return abort();
    signal.addEventListener("abort", abort);
    void this.#set.whenDone().then(() =>
      signal.removeEventListener("abort", abort)
    );
  }

  #value(): Promise<T> {
    // One promise and nothing else: there are as many of these as tasks.
    return this.#promise ??= new Promise((resolve, reject) => {
      this.#set.keepItems();
      this.#set.atEnd(() => {
        try {
          resolve(this.valueNow());
        } catch (thrown) {
          reject(thrown);
        }
      });
    });
  }

  /** The items of a task that has ended. */
  *#itemsOf(run: TaskRun): Iterable<Item> {
    if (run.error !== undefined && this.#shape.read === undefined) {
      throw run.error;
    }
    for (const item of this.#shape.items(this.#read(run))) yield item as Item;
  }

  /** An iteration was left before its end. */
  #leftEarly(): void {
    if (this.#set.keepsItems) return;
    if (this.#set.runs.some((run) => run.itemsReceived > 0)) {
      this.cancel("its iteration was left early");
    }
  }

  #read(run: TaskRun): unknown {
    const { read } = this.#shape;
    return read === undefined ? run.value : read(run);
  }

  /** The task that ends as this one in the order of arrival, if there is. */
  async #arrival(index: number): Promise<TaskRun | undefined> {
    const { arrived } = this.#set;
    while (arrived.length <= index && !this.#set.done) {
      await this.#set.whenChanged();
    }
    return arrived[index];
  }

  /** The task at this place, once it has ended, if there is one. */
  async #inOrder(index: number): Promise<TaskRun | undefined> {
    const { runs } = this.#set;
    for (;;) {
      const run = runs[index];
      if (run?.done === true || this.#set.done) return run;
      await this.#set.whenChanged();
    }
  }
}

/** The values of several results that are done. */
function allValues(results: readonly AsyncResult<unknown>[]): unknown[] {
  const errors: Error[] = [];
  const values = results.map((result) => {
    try {
      return result.valueNow();
    } catch (thrown) {
      if (thrown instanceof CompositeError) errors.push(...thrown.errors);
      else errors.push(toError(thrown));
      return undefined;
    }
  });
  const [first, second] = errors;
  if (first === undefined) return values;
  throw second === undefined ? first : new CompositeError(errors);
}
