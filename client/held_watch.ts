/**
 * Sees to it that outcomes do not wait for ever for output that was written
 * before them and never arrives.
 *
 * @module
 */
import type { Clock, Timer } from "../base/mod.ts";
import type { TaskTable } from "./task_table.ts";

/** How long an outcome waits for output that was written before it. */
const OUTPUT_WAIT_MS = 2_000;

/** Has a timer while, and only while, an outcome waits for output. */
export class HeldWatch {
  readonly #tasks: TaskTable;
  readonly #clock: Clock;
  #timer: Timer | undefined;

  /** Watches these tasks, from the first {@linkcode HeldWatch.look} on. */
  constructor(tasks: TaskTable, clock: Clock) {
    this.#tasks = tasks;
    this.#clock = clock;
  }

  /** Something may wait now, or not any more. */
  look(): void {
    if (this.#tasks.heldCount === 0) {
      this.#timer?.cancel();
      this.#timer = undefined;
      return;
    }
    this.#timer ??= this.#clock.setTimer(OUTPUT_WAIT_MS / 2, () => {
      const nowMs = this.#clock.now();
      this.#timer = undefined;
      this.#tasks.releaseHeld(nowMs - OUTPUT_WAIT_MS, nowMs);
      this.look();
    });
  }
}
