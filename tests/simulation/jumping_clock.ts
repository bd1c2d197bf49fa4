/**
 * The clock of one process, whose wall time is set back and forth as a
 * person, a time server or a suspended machine would.
 *
 * @module
 */
import type { Clock, Timer } from "../../base/mod.ts";

/** Time as one process sees it. */
export class JumpingClock implements Clock {
  readonly #clock: Clock;
  #offMs = 0;

  /** Starts with the right time. */
  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Its wall time. */
  now(): number {
    return this.#clock.now() + this.#offMs;
  }

  /** Time that never jumps. */
  monotonic(): number {
    return this.#clock.monotonic();
  }

  /** Sets a timer; those go by time that never jumps. */
  setTimer(delayMs: number, callback: () => void): Timer {
    return this.#clock.setTimer(delayMs, callback);
  }

  /** Sets the wall time forth, or back. */
  jump(byMs: number): void {
    this.#offMs += byMs;
  }
}
