/**
 * What calls give, by what their functions return.
 *
 * @module
 */
import type { AsyncResult } from "./async_result.ts";
import type { ItemOf } from "./result_parts.ts";

/** A generator, or another iterator over items. */
export interface ItemMaker<Item> {
  /** Gives the next item. */
  next(): IteratorResult<Item, unknown>;
  /** Tells it from other things with a `next`. */
  [Symbol.iterator](): unknown;
}

/** An async generator, or another async iterator over items. */
export interface AsyncItemMaker<Item> {
  /** Gives the next item. */
  next(): Promise<IteratorResult<Item, unknown>>;
  /** Tells it from other things with a `next`. */
  [Symbol.asyncIterator](): unknown;
}

/**
 * What awaiting a call gives: what the function returns, or the list of the
 * items where it makes items.
 */
export type CallValue<R> = Awaited<R> extends infer Value
  ? Value extends ItemMaker<infer Item> ? Item[]
  : Value extends AsyncItemMaker<infer Item> ? Item[]
  : Value
  : never;

/** What iterating a call gives: the items the function makes, or else this. */
export type CallItem<R, Else> = [Awaited<R>] extends [ItemMaker<infer Item>]
  ? Item
  : [Awaited<R>] extends [AsyncItemMaker<infer Item>] ? Item
  : Else;

/** The result of a call whose awaited value is `T`. */
export type CallResult<R, T> = AsyncResult<T, CallItem<R, ItemOf<T>>>;
