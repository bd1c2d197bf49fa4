/**
 * How the values of tasks become what a view returns.
 *
 * @module
 */
import type { ResultShape } from "./async_result.ts";

/** One task, one value. */
export function oneValue<R>(): ResultShape<R> {
  return {
    assemble: ([value]) => value as R,
    items: (value) => [value],
  };
}

/** One value for each task. */
export function valueEach<R>(): ResultShape<R[]> {
  return {
    assemble: (values) => values as R[],
    items: (value) => [value],
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
