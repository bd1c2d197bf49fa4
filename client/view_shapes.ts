/**
 * How the values of tasks become what a view returns.
 *
 * @module
 */
import type { ResultShape } from "./async_result.ts";

/** Takes what is wanted out of a task's value. */
export type Pick = (value: unknown) => unknown;

function same(value: unknown): unknown {
  return value;
}

/** One task, one value. */
export function oneValue<R>(pick: Pick = same): ResultShape<R> {
  return {
    assemble: ([value]) => pick(value) as R,
    items: (value) => [pick(value)],
  };
}

/** One value for each task. */
export function valueEach<R>(pick: Pick = same): ResultShape<R[]> {
  return {
    assemble: (values) => values.map(pick) as R[],
    items: (value) => [pick(value)],
  };
}

/** One list of values for each task, joined. */
export function listsJoined<R>(): ResultShape<R[]> {
  return {
    assemble: (values) => {
      const joined: R[] = [];
      for (const list of values) {
        for (const value of list as R[]) joined.push(value);
      }
      return joined;
    },
    items: (value) => value as R[],
  };
}
