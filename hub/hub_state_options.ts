/**
 * What the hub's mind is given, and what it asks for.
 *
 * @module
 */
import type { LimitTally } from "../base/mod.ts";
import type { KeyEntry, Message } from "../messages/mod.ts";
import type { HubTimes } from "./hub_times.ts";

/** What the state asks for. */
export interface HubActions {
  /** Says something to a peer, by routing id. */
  send(routingId: string, message: Message): void;
  /** Forgets a peer that will not come back. */
  forget(routingId: string): void;
  /** A scheduler will not come back. */
  schedulerLost?(routingId: string): void;
  /** Ends the hub. */
  end(reason: string): void;
}

/** Options of {@linkcode HubState}. */
export interface HubStateOptions {
  /** Performs what is decided. */
  readonly actions: HubActions;
  /** The cluster's name; may be empty. */
  readonly clusterId: string;
  /** The keys that are let in. */
  readonly keys: readonly KeyEntry[];
  /** The key that a peer has proven to own, in Z85. */
  readonly keyOf?: (routingId: string) => string | undefined;
  /** Whether it takes the place of one that ended. */
  readonly isRestarted?: boolean | undefined;
  /** Name of the hub's host. */
  readonly host: string;
  /** Process id of the hub. */
  readonly pid: number;
  /** Wall-clock time in milliseconds when the hub started. */
  readonly startedMs: number;
  /** Times other than {@linkcode HUB_TIMES}. */
  readonly times?: Partial<HubTimes> | undefined;
  /** Whether records of tasks are kept. */
  readonly keepsRecords?: boolean;
  /** Counts limits that are reached. */
  readonly tally?: LimitTally | undefined;
}
