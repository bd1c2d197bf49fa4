/**
 * Engines that a new hub does not know yet.
 *
 * @module
 */
import type { Clock, Timer } from "../base/mod.ts";

/** Gives up engines that do not come back to a hub that is new. */
export class MissingEngines {
  readonly #clock: Clock;
  readonly #returnMs: number;
  readonly #onLost: (routingId: string) => void;
  readonly #missing = new Set<string>();
  #timer: Timer | undefined;

  /** Starts with none; `onLost` hears of each that stays away. */
  constructor(
    clock: Clock,
    returnMs: number,
    onLost: (routingId: string) => void,
  ) {
    this.#clock = clock;
    this.#returnMs = returnMs;
    this.#onLost = onLost;
  }

  /** These are to come back from now on. */
  expect(routingIds: Iterable<string>): void {
    for (const routingId of routingIds) this.#missing.add(routingId);
    if (this.#missing.size === 0) return;
    this.#timer?.cancel();
    this.#timer = this.#clock.setTimer(this.#returnMs, () => {
      const lost = [...this.#missing];
      this.#missing.clear();
      for (const routingId of lost) this.#onLost(routingId);
    });
  }

  /** One is back. */
  isBack(routingId: string): void {
    this.#missing.delete(routingId);
  }

  /** Gives nobody up any more. */
  stop(): void {
    this.#timer?.cancel();
  }
}
