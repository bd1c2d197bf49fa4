/**
 * How the values of tasks become the value of a result.
 *
 * @module
 */
import type { InputJoin } from "../functions/mod.ts";
import type { TaskRun } from "./task_run.ts";

/** How the values of several tasks become one value. */
export interface ResultShape<T> {
  /** Makes the final value from those of the tasks, in their order. */
  readonly assemble: (values: readonly unknown[]) => T;
  /** The items that one task's value stands for, for iteration. */
  readonly items: (value: unknown) => Iterable<unknown>;
  /**
   * The value of a task that has ended, also of one that failed. Absent, a
   * task that failed fails the result.
   */
  readonly read?: (run: TaskRun) => unknown;
  /** Makes the final value by other means than those of the tasks. */
  readonly whole?: () => T;
  /**
   * How the scheduler makes the same value when it hands it to another task;
   * absent where it cannot.
   */
  readonly join?: InputJoin | undefined;
}

const ONE: ResultShape<unknown> = {
  assemble: ([value]) => value,
  items: (value) => [value],
  join: "one",
};

const EACH: ResultShape<unknown[]> = {
  assemble: (values) => [...values],
  items: (value) => [value],
  join: "list",
};

/** Most lists that are joined in one call: each is an argument of it. */
const JOINED_TOGETHER_MAX = 1_024;

const JOINED: ResultShape<unknown[]> = {
  assemble: (values) => {
    let lists = values.map(listOf);
    // Joined in groups, and those again, no item is copied more than thrice.
    while (lists.length > JOINED_TOGETHER_MAX) lists = joinGroups(lists);
    return joinLists(lists);
  },
  items: (value) => value as unknown[],
  join: "joined",
};

/** A new list; lists of numbers are copied as they are, not item by item. */
function joinLists(lists: readonly unknown[][]): unknown[] {
  const none: unknown[] = [];
  return none.concat(...lists);
}

function joinGroups(lists: readonly unknown[][]): unknown[][] {
  const joined: unknown[][] = [];
  for (let from = 0; from < lists.length; from += JOINED_TOGETHER_MAX) {
    joined.push(joinLists(lists.slice(from, from + JOINED_TOGETHER_MAX)));
  }
  return joined;
}

/** Its items; anything that can be iterated is joined. */
function listOf(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [...value as Iterable<unknown>];
}

/** One task, one value. */
export function oneValue<R>(): ResultShape<R> {
  return ONE as ResultShape<R>;
}

/** One value for each task. */
export function valueEach<R>(): ResultShape<R[]> {
  return EACH as ResultShape<R[]>;
}

/** One list of values for each task, joined. */
export function listsJoined<R>(): ResultShape<R[]> {
  return JOINED as ResultShape<R[]>;
}

/** One value made from those of all tasks. */
export function combined<R>(
  assemble: (values: readonly unknown[]) => R,
): ResultShape<R> {
  return { assemble, items: (value) => [value] };
}

/** One value, made when every task has ended, whatever became of them. */
export function wholeOf<R>(whole: () => R): ResultShape<R> {
  return { assemble: whole, items: (value) => [value], whole };
}
