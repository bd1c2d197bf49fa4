/**
 * What a group is to its members.
 *
 * @module
 */
import type { SlotAddress } from "../messages/mod.ts";
import type { ReceiveOptions, SendOptions } from "./channel.ts";
import type { Reduction } from "./reduction.ts";

/**
 * The members of one program that runs on several slots at once. Made in user
 * code by `ippd.group()`, which waits until all members are there.
 *
 * Every member calls the same collectives in the same order; calls in a row
 * do not mix. When a member is lost, or fails in between, all that wait for
 * the group get an error, and the group is over.
 */
export interface Group extends AsyncDisposable {
  /** What the members call it. */
  readonly name: string;
  /** This member's place, from 0. */
  readonly rank: number;
  /** How many members there are. */
  readonly size: number;
  /** Where the members are, by rank. */
  readonly members: readonly SlotAddress[];
  /** Settles when every member has called it: in log2(size) rounds. */
  barrier(): Promise<void>;
  /**
   * Gives every member the value of one of them, along a binomial tree.
   *
   * @param value What `root` has; the others may leave it out.
   * @param root The rank that has it. @default 0
   */
  broadcast<T>(value?: T, root?: number): Promise<T>;
  /**
   * Gives each member one value of a list that `root` has.
   *
   * @param values As many as there are members; the others leave it out.
   * @param root The rank that has them. @default 0
   */
  scatter<T>(values?: ArrayLike<T>, root?: number): Promise<T>;
  /**
   * Gives one member the values of all, in the order of the ranks; the others
   * get `undefined`.
   *
   * @param root The rank that gets them. @default 0
   */
  gather<T>(value: T, root?: number): Promise<T[] | undefined>;
  /** Gives every member the values of all, in the order of the ranks. */
  allgather<T>(value: T): Promise<T[]>;
  /**
   * Combines the values of all members along a binomial tree; one of them
   * gets the result, the others `undefined`. Typed arrays are combined
   * element by element. Lower ranks stand on the left, so that an operation
   * need not be commutative.
   *
   * @param root The rank that gets it. @default 0
   */
  reduce<T>(
    value: T,
    operation: Reduction<T>,
    root?: number,
  ): Promise<T | undefined>;
  /**
   * Combines the values of all members, and gives all of them the result,
   * which is the same to the last bit: up one binomial tree and down another.
   */
  allreduce<T>(value: T, operation: Reduction<T>): Promise<T>;
  /** Sends a value to another member, beside all collectives. */
  send(to: number, value: unknown, options?: SendOptions): Promise<void>;
  /** Receives the next value that another member has sent to this one. */
  receive(from: number, options?: ReceiveOptions): Promise<unknown>;
  /** Leaves the group; what was sent before still arrives. */
  close(): Promise<void>;
  /** Waits for the collectives that have been called, then leaves. */
  [Symbol.asyncDispose](): Promise<void>;
}
