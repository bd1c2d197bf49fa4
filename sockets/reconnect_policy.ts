/**
 * How long to wait before the next attempt to connect.
 *
 * @module
 */
import type { Random } from "../base/mod.ts";

/**
 * Exponential back-off with jitter: each pause is between half of and the
 * whole of a time that doubles with every failure up to a limit.
 */
export class ReconnectPolicy {
  readonly #delayMinMs: number;
  readonly #delayMaxMs: number;
  readonly #random: Random;
  #nextMs: number;

  /** Starts at the shortest pause. */
  constructor(delayMinMs: number, delayMaxMs: number, random: Random) {
    this.#delayMinMs = delayMinMs;
    this.#delayMaxMs = delayMaxMs;
    this.#random = random;
    this.#nextMs = delayMinMs;
  }

  /** The pause before the next attempt. */
  nextDelayMs(): number {
    const delayMs = this.#nextMs * (0.5 + this.#random() / 2);
    this.#nextMs = Math.min(this.#delayMaxMs, this.#nextMs * 2);
    return delayMs;
  }

  /**
   * Takes note that a connection was good for so long. One that lasted at
   * least as long as the pause before the next attempt starts over with short
   * pauses: it was cut, and whoever is expected back is not kept waiting. A
   * peer that lets us in and throws us out at once is asked ever less often.
   */
  connectionLasted(durationMs: number): void {
    if (durationMs >= this.#nextMs) this.#nextMs = this.#delayMinMs;
  }
}
