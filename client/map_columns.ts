/**
 * Cutting the inputs of a map into the payloads of its tasks.
 *
 * @module
 */
import { checkPositive } from "./flag_checks.ts";
import { checkInputs, type RowBatch, type RowReader } from "./map_source.ts";

/** Lists of so many items are long: their tasks are cut by measurement. */
export const LONG_LIST_LENGTH_MIN = 1_000;

/** A list that can be cut without copying its items one by one. */
export type Column = readonly unknown[] | Sliceable;

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
  checkInputs(iterables);
  const columns = iterables.map((iterable) =>
    isList(iterable) ? iterable : [...iterable]
  );
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
  return checkPositive("chunkSize", wish);
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

/** Whether something can be cut without being read. */
export function isList(value: unknown): value is Column & Iterable<unknown> {
  return Array.isArray(value) || isTypedArray(value);
}

/** Rows of lists that are here. */
export class ColumnRows implements RowReader {
  readonly #columns: readonly Column[];
  readonly #length: number;
  #at = 0;

  /** Starts at the first row. */
  constructor(columns: readonly Column[], length: number) {
    this.#columns = columns;
    this.#length = length;
  }

  /** How many rows are left. */
  get remaining(): number {
    return this.#length - this.#at;
  }

  /** Reads up to so many rows. */
  read(rows: number): RowBatch {
    const from = this.#at;
    this.#at = Math.min(this.#length, from + rows);
    return {
      columns: cutColumns(this.#columns, from, this.#at),
      length: this.#at - from,
      isLast: this.#at === this.#length,
    };
  }

  /** There is nothing to close. */
  close(): Promise<undefined> {
    return Promise.resolve(undefined);
  }
}
