/**
 * One function over many rows.
 *
 * @module
 */
import type { UserFunction } from "./function_cache.ts";
import { isThenable, refuseIterator } from "./result_kind.ts";

/** A list or a typed array. */
interface Column {
  readonly length: number;
  readonly [index: number]: unknown;
}

/**
 * Calls a function with each row of some columns, one row after the other,
 * and collects the results. Becomes a promise at the first result that is
 * one.
 *
 * @throws {TypeError} when the columns are not lists of one length, or a
 * result cannot be sent.
 */
export function mapRows(
  run: UserFunction,
  lists: readonly unknown[],
): unknown[] | Promise<unknown[]> {
  const columns = lists.map(readColumn);
  const length = columns[0]?.length ?? 0;
  if (columns.some((column) => column.length !== length)) {
    throw new TypeError("Cannot map: the columns differ in length");
  }
  const [only] = columns;
  const call = columns.length === 1 && only !== undefined
    ? (row: number) => run(only[row])
    : (row: number) => run(...columns.map((column) => column[row]));
  const results: unknown[] = [];
  for (let row = 0; row < length; row++) {
    const value = call(row);
    if (typeof value === "object") {
      if (isThenable(value)) return awaitRows(call, results, value, length);
      refuseIterator(value);
    }
    results.push(value);
  }
  return results;
}

/** Goes on where a row's result has to be awaited. */
async function awaitRows(
  call: (row: number) => unknown,
  results: unknown[],
  pending: PromiseLike<unknown>,
  length: number,
): Promise<unknown[]> {
  let value: unknown = await pending;
  for (;;) {
    refuseIterator(value);
    results.push(value);
    if (results.length === length) return results;
    value = await call(results.length);
  }
}

function readColumn(list: unknown): Column {
  if (isColumn(list)) return list;
  throw new TypeError("Cannot map: a column is not a list");
}

function isColumn(list: unknown): list is Column {
  return Array.isArray(list) ||
    (ArrayBuffer.isView(list) && !(list instanceof DataView));
}
