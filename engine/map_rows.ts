/**
 * One function over many rows.
 *
 * @module
 */
import { type SettledItem, thrownData } from "../messages/mod.ts";
import { trimCellStack } from "./cell_stack.ts";
import type { UserFunction } from "./function_cache.ts";
import { isIterator, isThenable, type ItemSource } from "./result_kind.ts";

/** A list or a typed array. */
interface Column {
  readonly length: number;
  readonly [index: number]: unknown;
}

/**
 * Calls a function with each row of some columns, one row after the other,
 * and collects the results; that of a generator is the list of its items.
 * Becomes a promise at the first result that is one.
 *
 * @throws {TypeError} when the columns are not lists of one length.
 */
export function mapRows(
  run: UserFunction,
  lists: readonly unknown[],
): unknown[] | Promise<unknown[]> {
  const { call, length } = rowsOf(run, lists);
  const results: unknown[] = [];
  for (let row = 0; row < length; row++) {
    let value = call(row);
    if (typeof value === "object") {
      if (isIterator(value)) value = collect(value);
      if (isThenable(value)) return awaitRows(call, results, value, length);
    }
    results.push(value);
  }
  return results;
}

/**
 * Like {@linkcode mapRows}, but a row that fails leaves the others alone.
 *
 * @throws {TypeError} when the columns are not lists of one length.
 */
export async function settleRows(
  run: UserFunction,
  lists: readonly unknown[],
): Promise<SettledItem[]> {
  const { call, length } = rowsOf(run, lists);
  const results: SettledItem[] = [];
  for (let row = 0; row < length; row++) {
    try {
      const made: unknown = await call(row);
      const value = isIterator(made) ? await collect(made) : made;
      results.push({ status: "fulfilled", value });
    } catch (thrown) {
      const reason = thrownData(thrown, trimCellStack);
      results.push({ status: "rejected", reason });
    }
  }
  return results;
}

interface Rows {
  readonly call: (row: number) => unknown;
  readonly length: number;
}

function rowsOf(run: UserFunction, lists: readonly unknown[]): Rows {
  const columns = lists.map(readColumn);
  const length = columns[0]?.length ?? 0;
  if (columns.some((column) => column.length !== length)) {
    throw new TypeError("Cannot map: the columns differ in length");
  }
  const [only] = columns;
  const call = columns.length === 1 && only !== undefined
    ? (row: number) => run(only[row])
    : (row: number) => run(...columns.map((column) => column[row]));
  return { call, length };
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
    results.push(isIterator(value) ? await collect(value) : value);
    if (results.length === length) return results;
    value = await call(results.length);
  }
}

/** The items of a generator; of one that waits, a promise of them. */
function collect(source: ItemSource): unknown[] | Promise<unknown[]> {
  return Symbol.asyncIterator in source ? Array.fromAsync(source) : [...source];
}

function readColumn(list: unknown): Column {
  if (isColumn(list)) return list;
  throw new TypeError("Cannot map: a column is not a list");
}

function isColumn(list: unknown): list is Column {
  return Array.isArray(list) ||
    (ArrayBuffer.isView(list) && !(list instanceof DataView));
}
