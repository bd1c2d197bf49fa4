/**
 * Counts how tasks ended, how long they waited and how long they ran. Pure,
 * and as large after ten million tasks as after one.
 *
 * @module
 */
import {
  DURATION_BOUNDS,
  type DurationFigures,
  type TaskRecord,
  type TaskStatus,
} from "../messages/mod.ts";

/** Counts durations by classes. */
class DurationTally {
  readonly #counts: number[] = new Array(DURATION_BOUNDS.length + 1).fill(0);
  #sum = 0;

  /** Counts one; clocks of different hosts may make it negative. */
  add(ms: number): void {
    const seconds = Number.isFinite(ms) ? Math.max(0, ms / 1_000) : 0;
    let index = 0;
    while (seconds > (DURATION_BOUNDS[index] ?? Infinity)) index++;
    this.#counts[index] = (this.#counts[index] ?? 0) + 1;
    this.#sum += seconds;
  }

  /** What was counted. */
  get figures(): DurationFigures {
    return { counts: [...this.#counts], sum: this.#sum };
  }
}

/** Counts the ends of tasks. */
export class TaskTally {
  readonly #ended = new Map<TaskStatus, number>();
  readonly #waited = new DurationTally();
  readonly #ran = new DurationTally();

  /** A task ended. */
  add({ status, submittedMs, startedMs, completedMs }: TaskRecord): void {
    if (status === "queued" || status === "running") return;
    this.addEnd(status, submittedMs, startedMs ?? 0, completedMs ?? 0);
  }

  /** The same, with times that are 0 where there is none. */
  addEnd(
    status: TaskStatus,
    submittedMs: number,
    startedMs: number,
    completedMs: number,
  ): void {
    this.#ended.set(status, (this.#ended.get(status) ?? 0) + 1);
    if (!(startedMs > 0)) return;
    this.#waited.add(startedMs - submittedMs);
    if (completedMs > 0) this.#ran.add(completedMs - startedMs);
  }

  /** What was counted. */
  get figures(): {
    readonly ended: Readonly<Partial<Record<TaskStatus, number>>>;
    readonly waited: DurationFigures;
    readonly ran: DurationFigures;
  } {
    return {
      ended: Object.fromEntries(this.#ended),
      waited: this.#waited.figures,
      ran: this.#ran.figures,
    };
  }
}
