/**
 * How a client connects.
 *
 * @module
 */
import type { Clock, Logger } from "../base/mod.ts";
import type { Network } from "../sockets/mod.ts";

/** Options of `connect`. */
export interface ConnectOptions {
  /** How long to wait for the hub and a scheduler. @default 10_000 */
  readonly timeoutMs?: number;
  /** Stops waiting. */
  readonly signal?: AbortSignal;
  /** Time. @default systemClock */
  readonly clock?: Clock;
  /** Where streams come from. */
  readonly network?: Network;
  /** Where to say what happened. */
  readonly log?: Logger;
}
