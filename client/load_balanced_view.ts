/**
 * Running code wherever there is room.
 *
 * @module
 */
import type { Channel } from "../channels/mod.ts";
import type { ModuleTask } from "../functions/mod.ts";
import type { Work } from "../messages/mod.ts";
import { AsyncResult, type ItemOf, type ResultShape } from "./async_result.ts";
import type { CallResult, CallValue } from "./call_types.ts";
import { openChannel } from "./channel.ts";
import type { ArgumentsOf } from "./direct_view.ts";
import { chunkSizeFor, cutColumns, readColumns } from "./map_columns.ts";
import type { AnyFunction, ShippedFunction } from "./function_shipping.ts";
import type { Session } from "./session.ts";
import type { TaskRun } from "./task_run.ts";
import { mergeFlags, taskPermissions, type ViewFlags } from "./view_flags.ts";
import { listsJoined, oneValue } from "./view_shapes.ts";

/** Options of {@linkcode LoadBalancedView.map}, given after the lists. */
export interface MapOptions {
  /**
   * How many items make one task. Absent, the list is cut into a few tasks
   * for each slot.
   */
  readonly chunkSize?: number;
}

/** One list for each parameter of a mapped function. */
export type ListsOf<Args extends readonly unknown[]> = {
  readonly [K in keyof Args]: Iterable<Args[K]>;
};

/** Runs functions on whichever engine has least to do. */
export class LoadBalancedView {
  readonly #session: Session;
  readonly #targets: readonly number[];
  readonly #flags: ViewFlags;

  /** Views are made by clients. An empty list of targets means any engine. */
  constructor(
    session: Session,
    targets: readonly number[],
    flags: ViewFlags = {},
  ) {
    this.#session = session;
    this.#targets = targets;
    this.#flags = flags;
  }

  /** A view of the same engines with other flags; this one stays as it is. */
  with(flags: ViewFlags): LoadBalancedView {
    const merged = mergeFlags(this.#flags, flags);
    return new LoadBalancedView(this.#session, this.#targets, merged);
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
   * by {@linkcode LoadBalancedView.with}, and the engine's namespace.
   *
   * Of a generator, iterating the result gives each item as it is made;
   * awaiting gives the list of all items.
   *
   * @throws {TypeError} when the function or an argument cannot be sent.
   */
  apply<Args extends readonly unknown[], R>(
    fn: ((...args: Args) => R) | ModuleTask<(...args: Args) => R>,
    ...args: ArgumentsOf<Args>
  ): CallResult<R, CallValue<R>> {
    const shipped = this.#session.shipper.ship(fn);
    return this.#result(this.#submit("apply", shipped, args), oneValue());
  }

  /**
   * Calls a function for each item of a list, or of several lists side by
   * side, as far as the shortest goes. The results come in the order of the
   * items; that of a generator is the list of the items it made.
   *
   * @throws {TypeError} when the function or an item cannot be sent.
   * @throws {RangeError} when `chunkSize` is not a positive whole number.
   */
  map<A, R>(
    fn: ((a: A) => R) | ModuleTask<(a: A) => R>,
    list: Iterable<A>,
    options?: MapOptions,
  ): AsyncResult<CallValue<R>[]>;
  /** Calls a function for each pair of items of two lists. */
  map<A, B, R>(
    fn: ((a: A, b: B) => R) | ModuleTask<(a: A, b: B) => R>,
    listA: Iterable<A>,
    listB: Iterable<B>,
    options?: MapOptions,
  ): AsyncResult<CallValue<R>[]>;
  /** Calls a function for each row of items of any number of lists. */
  map<Args extends readonly unknown[], R>(
    fn: ((...args: Args) => R) | ModuleTask<(...args: Args) => R>,
    ...lists: ListsOf<Args> | [...ListsOf<Args>, MapOptions]
  ): AsyncResult<CallValue<R>[]>;
  map<R>(
    fn: AnyFunction | ModuleTask,
    ...lists: readonly unknown[]
  ): AsyncResult<CallValue<R>[]> {
    const { iterables, options } = splitOptions(lists);
    const { columns, length } = readColumns(iterables);
    const session = this.#session;
    const size = chunkSizeFor(
      length,
      session.directory.slots,
      options.chunkSize,
    );
    const shipped = session.shipper.ship(fn);
    const runs: TaskRun[] = [];
    for (let from = 0; from < length; from += size) {
      const part = cutColumns(columns, from, Math.min(from + size, length));
      runs.push(...this.#submit("map", shipped, part));
    }
    return this.#result(runs, listsJoined<CallValue<R>>());
  }

  #submit(
    kind: "apply" | "map",
    shipped: ShippedFunction,
    lists: readonly unknown[],
  ): TaskRun[] {
    const session = this.#session;
    const { extras, payload } = session.shipper.shipArguments(
      shipped,
      lists,
      this.#flags.captures,
    );
    const { hash } = shipped;
    const work: Work = extras
      ? { kind, function: hash, extras }
      : { kind, function: hash };
    return session.submit({
      mode: "balanced",
      targets: this.#targets,
      work,
      function: shipped,
      payload,
      timeoutMs: this.#flags.timeoutMs,
      permissions: taskPermissions(this.#flags, work.kind),
    });
  }

  #result<T, Item = ItemOf<T>>(
    runs: readonly TaskRun[],
    shape: ResultShape<T>,
  ): AsyncResult<T, Item> {
    const session = this.#session;
    return new AsyncResult({
      runs,
      shape,
      cancel: (ids, reason) => session.cancel(ids, reason),
      now: () => session.clock.now(),
      signal: this.#flags.signal,
    });
  }
}

/** Tells the lists from the options behind them. */
function splitOptions(
  lists: readonly unknown[],
): { iterables: Iterable<unknown>[]; options: MapOptions } {
  const last = lists.at(-1);
  const hasOptions = typeof last === "object" && last !== null &&
    !(Symbol.iterator in last);
  return {
    iterables: (hasOptions ? lists.slice(0, -1) : lists) as Iterable<unknown>[],
    options: hasOptions ? last as MapOptions : {},
  };
}
