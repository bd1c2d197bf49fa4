/**
 * What arrives, for somebody who iterates.
 *
 * @module
 */
import { Deque } from "../base/mod.ts";

/** A queue with one reader, who waits where it is empty. */
export class Arrivals<T> {
  readonly #waiting = new Deque<T>();
  #wake: (() => void) | undefined;
  #isEnded = false;

  /** How many wait to be read. */
  get length(): number {
    return this.#waiting.length;
  }

  /** Adds one at the end. */
  push(arrival: T): void {
    this.#waiting.push(arrival);
    this.#wake?.();
  }

  /** No more will come. */
  end(): void {
    this.#isEnded = true;
    this.#wake?.();
  }

  /** The next one; `undefined` when no more will come. */
  async next(): Promise<T | undefined> {
    while (this.#waiting.length === 0) {
      if (this.#isEnded) return undefined;
      await new Promise<void>((resolve) => this.#wake = resolve);
    }
    return this.#waiting.shift();
  }
}
