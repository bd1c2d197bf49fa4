/**
 * What the scheduler's state asks its shell to do.
 *
 * @module
 */
import type { Message } from "../messages/mod.ts";

/** What the state asks for. */
export interface SchedulerActions {
  /** Says something to a client or an engine, by routing id. */
  send(
    routingId: string,
    message: Message,
    payload?: readonly Uint8Array[],
  ): void;
  /** An engine that is drained has nothing left to do. */
  engineDrained(engineId: number): void;
  /** A client did not come back in time. */
  clientGone?(clientId: string): void;
  /** Values were let go because too much waits for a client. */
  shed?(clientId: string, outcomes: number): void;
}
