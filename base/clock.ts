/**
 * Time as an argument: what waits or stamps takes a {@linkcode Clock}, so
 * that it can be driven by a virtual one.
 *
 * @module
 */

/** A timer that has been set. */
export interface Timer {
  /** Stops the timer; does nothing when it has fired or was cancelled. */
  cancel(): void;
}

/** The two readings of time and the one way to wait. */
export interface Clock {
  /** Wall-clock time in milliseconds since the Unix epoch. */
  now(): number;
  /** Milliseconds that never go backwards; only differences mean anything. */
  monotonic(): number;
  /** Calls `callback` once, after `delayMs`. */
  setTimer(delayMs: number, callback: () => void): Timer;
}

/** The clock of the machine. */
export const systemClock: Clock = {
  now: () => performance.timeOrigin + performance.now(),
  monotonic: () => performance.now(),
  setTimer(delayMs, callback) {
    const id = setTimeout(callback, delayMs);
    return { cancel: () => clearTimeout(id) };
  },
};

interface VirtualTimer extends Timer {
  dueMs: number;
  callback: () => void;
  order: number;
}

/** A clock that moves only when told to. */
export class VirtualClock implements Clock {
  #nowMs = 0;
  #order = 0;
  readonly #timers = new Set<VirtualTimer>();

  /** Virtual milliseconds since the clock was made. */
  now(): number {
    return this.#nowMs;
  }

  /** Virtual milliseconds since the clock was made. */
  monotonic(): number {
    return this.#nowMs;
  }

  /** Number of timers that have not fired. */
  get pending(): number {
    return this.#timers.size;
  }

  /** Sets a timer that fires inside {@linkcode VirtualClock.advance}. */
  setTimer(delayMs: number, callback: () => void): Timer {
    const timer: VirtualTimer = {
      dueMs: this.#nowMs + Math.max(0, delayMs),
      callback,
      order: this.#order++,
      cancel: () => void this.#timers.delete(timer),
    };
    this.#timers.add(timer);
    return timer;
  }

  /** Moves time forward, firing timers in the order they are due. */
  advance(byMs: number): void {
    const untilMs = this.#nowMs + byMs;
    for (;;) {
      let next: VirtualTimer | undefined;
      for (const timer of this.#timers) {
        if (timer.dueMs > untilMs) continue;
        if (
          next === undefined || timer.dueMs < next.dueMs ||
          (timer.dueMs === next.dueMs && timer.order < next.order)
        ) next = timer;
      }
      if (next === undefined) break;
      this.#timers.delete(next);
      this.#nowMs = Math.max(this.#nowMs, next.dueMs);
      next.callback();
    }
    this.#nowMs = untilMs;
  }
}
