/**
 * What user code finds in `ippd` to talk with others.
 *
 * @module
 */
import type { Channel } from "./channel.ts";
import type { Group } from "./group.ts";
import type { WaitLimits } from "./wait.ts";

/** Another slot: an engine's number where any of its slots will do. */
export type SlotName = number | {
  /** The engine's number. */
  readonly engineId: number;
  /** The slot's number in its engine; absent, any. */
  readonly slot?: number;
};

/** The other end of a channel, from user code. */
export type ChannelPeer = "client" | SlotName;

/** Options of {@linkcode ChannelScope.group}. */
export interface GroupOptions extends WaitLimits {
  /**
   * The members in the order of their ranks. Absent, they are the engines
   * that the request of the running task names, in its order; all engines
   * where it names none.
   */
  readonly members?: readonly SlotName[];
}

/**
 * The part of `ippd` in user code that is about talking with others. Declare
 * it in programs whose functions use it:
 * `declare const ippd: ChannelScope`.
 */
export interface ChannelScope {
  /** The number of the engine that runs the code. */
  readonly engineId: number;
  /**
   * Opens one end of a channel. The other end opens the same name towards
   * this slot; names count within one client's session. What a function has
   * opened ends with its task; what a cell has opened stays.
   *
   * @param peer An engine, a slot, or the client whose task runs.
   */
  channel(name: string, peer: ChannelPeer): Channel;
  /**
   * Joins the group of this program, and waits for the other members.
   *
   * @param name Tells groups of one request apart. @default "world"
   */
  group(name?: string, options?: GroupOptions): Promise<Group>;
}
