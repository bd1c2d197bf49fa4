/**
 * What is to happen at some time, behind one timer.
 *
 * @module
 */
import type { Clock, Timer } from "../base/mod.ts";
import { BinaryHeap } from "./binary_heap.ts";

/** Something that is to happen. */
export interface Deadline {
  /** When, on the monotonic clock. */
  readonly dueMs: number;
  /** What; `undefined` once it has happened or was called off. */
  act: (() => void) | undefined;
}

/** Deadlines called off that may lie about before they are swept. */
const CALLED_OFF_MIN = 64;

/** Any number of deadlines; setting one costs log work. */
export class Deadlines {
  readonly #clock: Clock;
  readonly #heap = new BinaryHeap<Deadline>((a, b) => a.dueMs < b.dueMs);
  #calledOff = 0;
  #timer: Timer | undefined;
  #timerDueMs = Infinity;

  /** Starts without a deadline. */
  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** How many are held, with those called off that were not swept yet. */
  get size(): number {
    return this.#heap.length;
  }

  /** Calls `act` once, after `delayMs`. */
  set(delayMs: number, act: () => void): Deadline {
    const deadline = { dueMs: this.#clock.monotonic() + delayMs, act };
    this.#heap.push(deadline);
    if (deadline.dueMs < this.#timerDueMs) this.#arm();
    return deadline;
  }

  /** Calls it off; does nothing when it has happened. */
  callOff(deadline: Deadline | undefined): void {
    if (deadline?.act === undefined) return;
    deadline.act = undefined;
    this.#calledOff++;
    if (this.#calledOff * 2 < this.#heap.length) return;
    if (this.#calledOff < CALLED_OFF_MIN && this.#heap.length > 1) return;
    this.#heap.retain((one) => one.act !== undefined);
    this.#calledOff = 0;
    this.#arm();
  }

  /** Calls everything off. */
  close(): void {
    this.#heap.retain(() => false);
    this.#calledOff = 0;
    this.#arm();
  }

  #arm(): void {
    const dueMs = this.#heap.peek()?.dueMs ?? Infinity;
    if (dueMs === this.#timerDueMs) return;
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#timerDueMs = dueMs;
    if (dueMs === Infinity) return;
    const delayMs = Math.max(0, dueMs - this.#clock.monotonic());
    this.#timer = this.#clock.setTimer(delayMs, () => this.#fire());
  }

  #fire(): void {
    this.#timer = undefined;
    this.#timerDueMs = Infinity;
    // Timers may fire a little early; a deadline never does.
    const nowMs = this.#clock.monotonic();
    for (;;) {
      const deadline = this.#heap.peek();
      if (deadline === undefined || deadline.dueMs > nowMs) break;
      this.#heap.pop();
      const { act } = deadline;
      deadline.act = undefined;
      if (act === undefined) this.#calledOff--;
      else act();
    }
    this.#arm();
  }
}
