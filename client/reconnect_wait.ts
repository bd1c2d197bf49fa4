/**
 * How long a client goes on while hub or scheduler are away.
 *
 * @module
 */
import { type Clock, ConnectionError, Lease } from "../base/mod.ts";

/** How long hub and scheduler may be away unless told otherwise. */
const RECONNECT_TIMEOUT_MS = 60_000;

/** Gives up when hub or scheduler are away for too long. */
export class ReconnectWait {
  readonly #lease: Lease;
  readonly #timeoutMs: number;
  #wasConnected = false;
  #isWaiting = false;

  /** Does not wait before everybody was there once. */
  constructor(
    clock: Clock,
    timeoutMs: number | undefined,
    giveUp: (problem: Error) => void,
  ) {
    this.#timeoutMs = timeoutMs ?? RECONNECT_TIMEOUT_MS;
    this.#lease = new Lease({
      clock,
      onExpired: (silentMs) => {
        const seconds = (silentMs / 1000).toFixed(1);
        const what = `Cannot reach the cluster again: tried for ${seconds} s`;
        giveUp(new ConnectionError(what));
      },
    });
  }

  /** Somebody is away, perhaps besides somebody else. */
  begin(): void {
    if (!this.#wasConnected || this.#isWaiting) return;
    this.#isWaiting = true;
    this.#lease.begin(this.#timeoutMs);
  }

  /** Everybody is there. */
  end(): void {
    this.#wasConnected = true;
    this.stop();
  }

  /** Waits no longer. */
  stop(): void {
    this.#isWaiting = false;
    this.#lease.stop();
  }
}
