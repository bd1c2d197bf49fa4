/**
 * How long to go on without hearing from somebody.
 *
 * @module
 */
import type { Clock, Timer } from "./clock.ts";

/** Options of {@linkcode Lease}. */
export interface LeaseOptions {
  /** Time. */
  readonly clock: Clock;
  /** Hears, once, that the lease is over. */
  readonly onExpired: (silentMs: number) => void;
}

/** A timer that fires later than this was held up with the whole process. */
const LATE_MS_MAX = 1_000;

/**
 * A lease: over when it is not renewed in time. Renewing costs no timer. Time
 * during which this process was stopped, or its machine was suspended, does
 * not count: what was said meanwhile has not been heard yet.
 */
export class Lease {
  readonly #options: LeaseOptions;
  #leaseMs = Infinity;
  #renewedMs = 0;
  #dueMs = 0;
  #timer: Timer | undefined;

  /** Makes a lease that has not begun. */
  constructor(options: LeaseOptions) {
    this.#options = options;
  }

  /** Begins the lease, or gives it another length. */
  begin(leaseMs: number): void {
    this.#leaseMs = leaseMs;
    this.renew();
    this.#watch(leaseMs);
  }

  /** Something was heard. */
  renew(): void {
    this.#renewedMs = this.#options.clock.monotonic();
  }

  /** Ends the watch; nothing expires any more. */
  stop(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  #watch(delayMs: number): void {
    this.#timer?.cancel();
    this.#dueMs = this.#options.clock.monotonic() + delayMs;
    this.#timer = this.#options.clock.setTimer(delayMs, () => this.#look());
  }

  #look(): void {
    const nowMs = this.#options.clock.monotonic();
    const lateMs = nowMs - this.#dueMs;
    if (lateMs > LATE_MS_MAX) this.#renewedMs += lateMs;
    const silentMs = nowMs - this.#renewedMs;
    const leftMs = this.#leaseMs - silentMs;
    if (leftMs > 0) return this.#watch(leftMs);
    this.#timer = undefined;
    this.#options.onExpired(silentMs);
  }
}
