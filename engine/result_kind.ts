/**
 * What kind of result user code gave.
 *
 * @module
 */

/** Whether a result has to be awaited. */
export function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === "object" && value !== null && "then" in value &&
    typeof value.then === "function";
}

/** Gives items, one by one: a generator, or another iterator. */
export type ItemSource =
  & {
    /** Gives the next item, or a promise of it. */
    next(): unknown;
    /** Ends it early. */
    readonly return?: unknown;
  }
  & (Iterable<unknown> | AsyncIterable<unknown>);

/** Whether a result is a generator or another iterator over items. */
export function isIterator(value: unknown): value is ItemSource {
  return typeof value === "object" && value !== null && "next" in value &&
    typeof value.next === "function" &&
    (Symbol.iterator in value || Symbol.asyncIterator in value);
}
