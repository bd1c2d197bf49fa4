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

const JOINED: ResultShape<unknown[]> = {
  assemble: (values) => {
    const joined: unknown[] = [];
    for (const list of values) {
      for (const value of list as unknown[]) joined.push(value);
    }
    return joined;
  },
  items: (value) => value as unknown[],
  join: "joined",
};

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
