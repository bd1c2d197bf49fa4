/**
 * Running code wherever there is room.
 *
 * @module
 */
import type { Channel } from "../channels/mod.ts";
import { AsyncResult } from "./async_result.ts";
import type { ItemOf, SettledTask } from "./result_parts.ts";
import type { CallResult, CallValue } from "./call_types.ts";
import { openChannel } from "./channel.ts";
import {
  type ChunkPolicy,
  fixedChunks,
  MeasuredChunks,
} from "./chunk_policy.ts";
import { Executor } from "./executor.ts";
import { checkPositive } from "./flag_checks.ts";
import type { AnyTask, CallableTask } from "./function_shipping.ts";
import { LazyMap } from "./lazy_map.ts";
import {
  chunkSizeFor,
  ColumnRows,
  isList,
  LONG_LIST_LENGTH_MIN,
  readColumns,
} from "./map_columns.ts";
import { MapFeed, type SubmittedChunk } from "./map_feed.ts";
import {
  checkInputs,
  isIterable,
  type MapInput,
  MapSource,
  type RowBatch,
  type RowReader,
} from "./map_source.ts";
import { listsJoined, oneValue, type ResultShape } from "./result_shape.ts";
import type { RunSet } from "./run_set.ts";
import type { Session } from "./session.ts";
import { settledItems } from "./settled_items.ts";
import type { TaskRun } from "./task_run.ts";
import { submitCall } from "./task_submission.ts";
import type {
  ArgumentsOf,
  ImapOptions,
  ListsOf,
  MapOptions,
  SettledItems,
  SettleImapOptions,
  SettleOptions,
  TaskOf,
} from "./task_types.ts";
import {
  type CheckedFlags,
  type FlagChanges,
  mergeFlags,
  NO_FLAGS,
} from "./view_flags.ts";

/** Items that a lazy map keeps ahead of its consumer, at least. */
const AHEAD_MIN = 8;
/** Tasks for each slot that a lazy map keeps ahead of its consumer. */
const AHEAD_PER_SLOT = 4;

/** Runs functions on whichever engine has least to do. */
export class LoadBalancedView {
  readonly #session: Session;
  readonly #targets: readonly number[];
  readonly #flags: CheckedFlags;

  /** Views are made by clients. An empty list of targets means any engine. */
  constructor(
    session: Session,
    targets: readonly number[],
    flags: CheckedFlags = NO_FLAGS,
  ) {
    this.#session = session;
    this.#targets = targets;
    this.#flags = flags;
  }

  /**
   * A view with other flags; this one stays as it is.
   *
   * @throws {TypeError} when a flag is not known or of the wrong type.
   * @throws {RangeError} when a number is out of its range, or an engine is
   * not known.
   */
  with(flags: FlagChanges): LoadBalancedView {
    const merged = mergeFlags(this.#flags, flags);
    const { targets } = flags;
    const chosen = targets === undefined
      ? this.#targets
      : targets === "all"
      ? []
      : this.#session.directory.check(
        typeof targets === "number" ? [targets] : targets,
      );
    return new LoadBalancedView(this.#session, chosen, merged);
  }

  /** The ids of the engines that may run the tasks. */
  get targets(): readonly number[] {
    return this.#targets.length > 0
      ? this.#targets
      : this.#session.directory.ids;
  }

  /** Opens a channel to whichever task opens the same name. */
  channel(name: string): Channel {
    return openChannel(this.#session, name);
  }

  /**
   * Calls a function on one engine.
   *
   * The function travels as source: it sees its arguments, what it captures
   * by {@linkcode LoadBalancedView.with}, and the engine's namespace. A result
   * among the arguments is waited for by the scheduler, which hands its value
   * on.
   *
   * Of a generator, iterating the result gives each item as it is made, of
   * several engines in the order of arrival; awaiting gives the list of items
   * of each engine.
   *
   * @throws {TypeError} when the function or an argument cannot be sent, or
   * depends on another client's tasks.
   */
  apply<Args extends readonly unknown[], R>(
    fn: TaskOf<(...args: Args) => R>,
    ...args: ArgumentsOf<Args>
  ): CallResult<R, CallValue<R>> {
    const task = this.#look(fn);
    return this.#result([this.#submit("apply", task, args).run], oneValue());
  }

  /**
   * Calls a function for each item of an input, or of several inputs side by
   * side, as far as the shortest goes. The results come in the order of the
   * items. Inputs may be asynchronous; all are read to their end.
   *
   * @throws {TypeError} when the function or an item cannot be sent.
   * @throws {RangeError} when `chunkSize` is not a positive whole number.
   */
  map<A, R>(
    fn: TaskOf<(a: A) => R>,
    list: MapInput<A>,
    options: SettleOptions,
  ): AsyncResult<SettledItems<R>>;
  /** Calls a function for each item of an input. */
  map<A, R>(
    fn: TaskOf<(a: A) => R>,
    list: MapInput<A>,
    options?: MapOptions,
  ): AsyncResult<CallValue<R>[]>;
  /** Calls a function for each pair; every item ends by itself. */
  map<A, B, R>(
    fn: TaskOf<(a: A, b: B) => R>,
    listA: MapInput<A>,
    listB: MapInput<B>,
    options: SettleOptions,
  ): AsyncResult<SettledItems<R>>;
  /** Calls a function for each pair of items of two inputs. */
  map<A, B, R>(
    fn: TaskOf<(a: A, b: B) => R>,
    listA: MapInput<A>,
    listB: MapInput<B>,
    options?: MapOptions,
  ): AsyncResult<CallValue<R>[]>;
  /** Calls a function for each row of items of any number of inputs. */
  map<Args extends readonly unknown[], R>(
    fn: TaskOf<(...args: Args) => R>,
    ...lists: ListsOf<Args> | [...ListsOf<Args>, MapOptions]
  ): AsyncResult<CallValue<R>[]>;
  map(fn: AnyTask, ...lists: readonly unknown[]): AsyncResult<never> {
    const { inputs, options } = splitOptions(lists);
    const { chunkSize, ordered, settle = false } = options;
    if (chunkSize !== undefined) checkPositive("chunkSize", chunkSize);
    const task = this.#look(fn);
    const sizes = new Map<TaskRun, number>();
    const submit = (batch: RowBatch): SubmittedChunk => {
      const chunk = this.#submit("map", task, batch.columns, settle);
      if (settle) sizes.set(chunk.run, batch.length);
      return chunk;
    };
    const shape: ResultShape<unknown[]> = settle
      ? {
        ...listsJoined(),
        join: undefined,
        read: (run) => settledItems(run, sizes.get(run) ?? 0),
      }
      : listsJoined();
    return this.#result(
      this.#chunks(inputs, chunkSize, submit),
      // The overloads say what the values are.
      shape as ResultShape<never>,
      ordered,
    );
  }

  /**
   * Calls a function for each item of an input, lazily: reads only a bounded
   * number of items ahead of whoever takes the results, from inputs of any
   * length. Leaving the loop cancels what is on its way and closes the input.
   *
   * @throws {TypeError} when the function cannot be sent, or the input cannot
   * be iterated.
   * @throws {RangeError} when an option is not a positive whole number.
   */
  imap<A, R>(
    fn: TaskOf<(a: A) => R>,
    source: MapInput<A>,
    options: SettleImapOptions,
  ): LazyMap<SettledTask<CallValue<R>>>;
  /** Calls a function for each item of an input, lazily. */
  imap<A, R>(
    fn: TaskOf<(a: A) => R>,
    source: MapInput<A>,
    options?: ImapOptions,
  ): LazyMap<CallValue<R>>;
  imap(
    fn: AnyTask,
    source: unknown,
    options: ImapOptions = {},
  ): LazyMap<never> {
    const { ordered = true, settle = false, chunkSize = 1 } = options;
    checkPositive("chunkSize", chunkSize);
    const session = this.#session;
    const outstandingMax = options.maxOutstanding ??
      Math.max(AHEAD_MIN, AHEAD_PER_SLOT * chunkSize * session.directory.slots);
    checkPositive("maxOutstanding", outstandingMax);
    const task = this.#look(fn);
    return new LazyMap({
      rows: new MapSource([source], session.clock),
      chunkSize,
      outstandingMax,
      ordered,
      submit: ({ columns }) => this.#submit("map", task, columns, settle).run,
      items: (run, length) => {
        if (settle) return settledItems(run, length);
        if (run.error !== undefined) throw run.error;
        return run.value as unknown[];
      },
      cancel: (ids, reason) => session.cancel(ids, reason),
      signal: this.#flags.flags.signal,
    });
  }

  /** An executor that runs its calls by this view. */
  executor(): Executor {
    return new Executor(this);
  }

  #look(fn: AnyTask): CallableTask {
    return this.#session.shipper.look(fn, this.#flags.flags.captures);
  }

  /** The tasks of a map: at once, or as inputs are read and tasks end. */
  #chunks(
    inputs: readonly unknown[],
    chunkSize: number | undefined,
    submit: (batch: RowBatch) => SubmittedChunk,
  ): TaskRun[] | RunSet {
    checkInputs(inputs);
    const { slots } = this.#session.directory;
    const isHere = inputs.every(isList);
    if (isHere || (chunkSize !== undefined && inputs.every(isIterable))) {
      const { columns, length } = readColumns(inputs as Iterable<unknown>[]);
      const rows = new ColumnRows(columns, length);
      if (chunkSize === undefined && length > LONG_LIST_LENGTH_MIN) {
        return feed(rows, new MeasuredChunks(slots), submit);
      }
      const size = chunkSizeFor(length, slots, chunkSize);
      const runs: TaskRun[] = [];
      while (rows.remaining > 0) runs.push(submit(rows.read(size)).run);
      return runs;
    }
    return feed(
      new MapSource(inputs, this.#session.clock),
      chunkSize === undefined
        ? new MeasuredChunks(slots)
        : fixedChunks(chunkSize, slots),
      submit,
    );
  }

  #submit(
    kind: "apply" | "map",
    task: CallableTask,
    lists: readonly unknown[],
    settle = false,
  ): SubmittedChunk {
    const session = this.#session;
    const { extras, payload, inputs, conditional, problem } = session.shipper
      .shipArguments(task, lists, kind);
    const { shipped } = task;
    const [run] = submitCall(session, this.#flags, {
      mode: "balanced",
      targets: this.#targets,
      work: {
        kind,
        function: shipped.hash,
        ...(extras ? { extras } : {}),
        ...(settle ? { settle } : {}),
      },
      function: shipped,
      payload,
      inputs,
      conditional,
      problem,
    });
    if (run === undefined) {
      throw new RangeError("Cannot submit: nothing to run");
    }
    const bytes = payload.reduce((sum, part) => sum + part.byteLength, 0);
    return { run, bytes };
  }

  #result<T, Item = ItemOf<T>>(
    runs: readonly TaskRun[] | RunSet,
    shape: ResultShape<T>,
    ordered?: boolean,
  ): AsyncResult<T, Item> {
    const { signal } = this.#flags.flags;
    return new AsyncResult({
      runs,
      shape,
      host: this.#session,
      signal,
      ordered,
    });
  }
}

function feed(
  rows: RowReader,
  policy: ChunkPolicy,
  submit: (batch: RowBatch) => SubmittedChunk,
): RunSet {
  return new MapFeed({ rows, policy, submit }).set;
}

/** Tells the inputs from the options behind them. */
function splitOptions(
  lists: readonly unknown[],
): { inputs: readonly unknown[]; options: MapOptions } {
  const last = lists.at(-1);
  const hasOptions = typeof last === "object" && last !== null &&
    !(Symbol.iterator in last) && !(Symbol.asyncIterator in last);
  return {
    inputs: hasOptions ? lists.slice(0, -1) : lists,
    options: hasOptions ? last : {},
  };
}
