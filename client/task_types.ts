/**
 * How functions, arguments and results of calls are typed.
 *
 * @module
 */
import type {
  ModuleTask,
  Reference,
  Shippable,
  TaskFunction,
} from "../functions/mod.ts";
import type { AsyncResult } from "./async_result.ts";
import type { SettledTask } from "./result_parts.ts";
import type { CallValue } from "./call_types.ts";
import type { MapInput } from "./map_source.ts";

/** A function in any of the forms that views take. */
export type TaskOf<F extends Shippable> = F | ModuleTask<F> | TaskFunction<F>;

/** What a direct view returns: a value for one engine, a list for several. */
export type ForTargets<One extends boolean, R> = One extends true ? R : R[];

/**
 * An argument: a value, an expression on the engine, or the result of another
 * call; in lists, each element may be one of these.
 */
export type ArgumentOf<A> =
  | A
  | Reference
  | AsyncResult<A, unknown>
  | ElementArguments<A>;

/** A list in which each element may be an argument by itself. */
export type ElementArguments<A> = A extends readonly unknown[]
  ? { readonly [K in keyof A]: A[K] | Reference | AsyncResult<A[K], unknown> }
  : never;

/** The arguments of a function. */
export type ArgumentsOf<Args extends readonly unknown[]> = {
  readonly [K in keyof Args]: ArgumentOf<Args[K]>;
};

/** One input for each parameter of a mapped function. */
export type ListsOf<Args extends readonly unknown[]> = {
  readonly [K in keyof Args]: MapInput<Args[K]>;
};

/** One list for each parameter of a function that is mapped at once. */
export type SyncListsOf<Args extends readonly unknown[]> = {
  readonly [K in keyof Args]: Iterable<Args[K]>;
};

/** Options of a map over balanced tasks, given after the inputs. */
export interface MapOptions {
  /**
   * How many items make one task. Absent, a short list is cut into a few
   * tasks for each slot; of long and lazy inputs a few items are tried, and
   * tasks are then made as long as they should take.
   */
  readonly chunkSize?: number;
  /**
   * `true`: values and iteration in the order of the items; `false`: both as
   * tasks end. Absent, values come in the first order, iteration in the
   * second.
   */
  readonly ordered?: boolean;
  /**
   * Whether an item that fails leaves the others alone; each value then says
   * how its item ended.
   */
  readonly settle?: boolean;
}

/** Options of a map in which each item ends by itself. */
export interface SettleOptions extends MapOptions {
  /** Each value says how its item ended. */
  readonly settle: true;
}

/** Options of a lazy map. */
export interface ImapOptions {
  /** Whether results come in the order of the items. @default true */
  readonly ordered?: boolean;
  /**
   * Most items that are read and not taken by the consumer. @default enough
   * for four tasks on each slot, and at least eight
   */
  readonly maxOutstanding?: number;
  /** Whether an item that fails leaves the others alone. @default false */
  readonly settle?: boolean;
  /** How many items make one task. @default 1 */
  readonly chunkSize?: number;
}

/** Options of a lazy map in which each item ends by itself. */
export interface SettleImapOptions extends ImapOptions {
  /** Each result says how its item ended. */
  readonly settle: true;
}

/** How the items of a settled map ended. */
export type SettledItems<R> = SettledTask<CallValue<R>>[];
