/**
 * When a leaf passes on what engines say: at once while little is said, and
 * together when much is.
 *
 * @module
 */
import type { Clock, Timer } from "../base/mod.ts";

/** How long what is said by many may be held to travel together. */
export const SAID_GATHER_MS = 1;
/**
 * What is passed on at once within that time: what somebody waits for who
 * calls an engine or two.
 */
export const SAID_AT_ONCE_MAX = 4;

/**
 * Bytes that are held at most: as many as travel in one envelope, and so few
 * that whoever has to wait is told so soon.
 */
export const SAID_HELD_BYTES_MAX: number = 64 << 10;

/** Gathers what is said in bursts. */
export class SaidBatch<T> {
  readonly #clock: Clock;
  readonly #say: (item: T) => void;
  #held: T[] = [];
  #heldBytes = 0;
  #said = 0;
  #timer: Timer | undefined;

  /** Says nothing until something is added. */
  constructor(clock: Clock, say: (item: T) => void) {
    this.#clock = clock;
    this.#say = say;
  }

  /** Says it, now or within a moment, behind what was added before. */
  add(item: T, bytes: number): void {
    if (this.#timer === undefined) this.#begin();
    if (++this.#said <= SAID_AT_ONCE_MAX) return this.#say(item);
    this.#held.push(item);
    this.#heldBytes += bytes;
    if (this.#heldBytes > SAID_HELD_BYTES_MAX) this.flush();
  }

  /** Says what is held. */
  flush(): void {
    const held = this.#held;
    this.#held = [];
    this.#heldBytes = 0;
    for (const item of held) this.#say(item);
  }

  /** Forgets what is held. */
  clear(): void {
    this.#held = [];
    this.#heldBytes = 0;
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  #begin(): void {
    this.#said = 0;
    this.#timer = this.#clock.setTimer(SAID_GATHER_MS, () => {
      this.#timer = undefined;
      // A burst goes on for as long as there is something to gather.
      if (this.#held.length === 0) return;
      this.#begin();
      this.#said = SAID_AT_ONCE_MAX;
      this.flush();
    });
  }
}
