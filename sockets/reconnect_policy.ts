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
   * Takes note that a connection was good for so long. Only one that lasted
   * starts over with short pauses: a peer that lets us in and throws us out
   * at once would otherwise be asked twenty times a second for ever.
   */
  connectionLasted(durationMs: number): void {
    if (durationMs >= this.#delayMaxMs) this.#nextMs = this.#delayMinMs;
  }
}
