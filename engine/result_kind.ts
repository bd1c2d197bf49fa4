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

/**
 * Refuses what would cross as an empty object.
 *
 * @throws {TypeError} when the value is an iterator or a generator.
 */
export function refuseIterator(value: unknown): void {
  if (
    typeof value === "object" && value !== null && "next" in value &&
    typeof value.next === "function" &&
    (Symbol.iterator in value || Symbol.asyncIterator in value)
  ) {
    throw new TypeError(
      "Cannot return an iterator: collect its values into an array first",
    );
  }
}
