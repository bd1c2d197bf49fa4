/**
 * Cutting the inputs of a map into the payloads of its tasks.
 *
 * @module
 */

/** A list that can be cut without copying its items one by one. */
type Column = readonly unknown[] | Sliceable;

/** A typed array, as far as cutting goes. */
interface Sliceable {
  readonly length: number;
  subarray(from: number, to: number): Sliceable;
}

/** Tasks for each slot when the size of a chunk is left open. */
const CHUNKS_PER_SLOT = 4;

/**
 * The inputs as lists of one length, that of the shortest.
 *
 * @throws {TypeError} when an input cannot be iterated.
 */
export function readColumns(
  iterables: readonly Iterable<unknown>[],
): { columns: readonly Column[]; length: number } {
  if (iterables.length === 0) {
    throw new TypeError("Cannot map over nothing: at least one list is needed");
  }
  const columns = iterables.map((iterable, index) => {
    if (Array.isArray(iterable) || isTypedArray(iterable)) return iterable;
    if (typeof iterable?.[Symbol.iterator] !== "function") {
      throw new TypeError(`Cannot map over list ${index + 1}: not iterable`);
    }
    return [...iterable];
  });
  const length = Math.min(...columns.map((column) => column.length));
  return { columns, length };
}

/**
 * The chunk size for so many items on so many slots.
 *
 * @throws {RangeError} when the wish is not a positive whole number.
 */
export function chunkSizeFor(
  length: number,
  slots: number,
  wish: number | undefined,
): number {
  if (wish === undefined) {
    return Math.max(
      1,
      Math.ceil(length / (CHUNKS_PER_SLOT * Math.max(1, slots))),
    );
  }
  if (Number.isInteger(wish) && wish > 0) return wish;
  throw new RangeError(
    `Cannot use chunkSize ${wish}: it must be a positive whole number`,
  );
}

/** The part of each column that one task gets. */
export function cutColumns(
  columns: readonly Column[],
  from: number,
  to: number,
): unknown[] {
  return columns.map((column) =>
    isTypedArray(column)
      ? column.subarray(from, to)
      : (column as readonly unknown[]).slice(from, to)
  );
}

function isTypedArray(value: unknown): value is Sliceable & Iterable<unknown> {
  return ArrayBuffer.isView(value) && !(value instanceof DataView);
}
