/**
 * Tasks that finished and whose clients may not have the outcome yet: they
 * are not run again, and their outcomes are sent again when somebody asks.
 *
 * @module
 */
import { bytesOf, type LimitTally } from "../base/mod.ts";
import type { TaskAssign, TaskOutcome } from "../messages/mod.ts";
import { runsOf } from "./run_number.ts";

/** How a task ended, with the payload of its outcome. */
export interface FinishedTask {
  /** The outcome as it is sent. */
  outcome: TaskOutcome;
  /** The outcome's payload. */
  readonly payload: readonly Uint8Array[];
  /** Bytes of the payload. */
  readonly bytes: number;
}

/** Bounds of {@linkcode FinishedTasks}. */
export interface FinishedBounds {
  /** Most tasks. */
  readonly finishedTasksMax: number;
  /** Most payload bytes. */
  readonly finishedBytesMax: number;
}

/**
 * Remembers outcomes until they are taken, within two bounds. An outcome that would fill
 * a quarter of the budget alone is not kept: running its task again is the
 * smaller cost.
 */
export class FinishedTasks {
  readonly #bounds: FinishedBounds;
  readonly #tally: LimitTally | undefined;
  readonly #tasks = new Map<string, FinishedTask>();
  #bytes = 0;

  /** Makes a memory with nothing in it. */
  constructor(bounds: FinishedBounds, tally?: LimitTally) {
    this.#bounds = bounds;
    this.#tally = tally;
  }

  /** How many tasks are remembered. */
  get size(): number {
    return this.#tasks.size;
  }

  /** How a task ended, if that is remembered. */
  get(id: string): FinishedTask | undefined {
    return this.#tasks.get(id);
  }

  /**
   * How a task ended that is asked for again; `undefined` when it is to run,
   * perhaps once more: then it is forgotten how it ended before.
   */
  repeated({ id, attempt, isHeld }: TaskAssign): FinishedTask | undefined {
    const done = this.#tasks.get(id);
    const isFirst = attempt === undefined || isHeld === true;
    if (isFirst || done === undefined) return done;
    this.forget(id);
    return undefined;
  }

  /** A task's outcome has arrived, or nobody wants it. */
  forget(id: string): void {
    const done = this.#tasks.get(id);
    if (done === undefined) return;
    this.#tasks.delete(id);
    this.#bytes -= done.bytes;
  }

  /** Others may have been given all of them meanwhile. */
  doubted(): void {
    for (const done of this.#tasks.values()) {
      const attempts = runsOf(done.outcome) + 1;
      done.outcome = { ...done.outcome, attempts };
    }
  }

  /** Every task that is remembered, the oldest first. */
  all(): Iterable<FinishedTask> {
    return this.#tasks.values();
  }

  /** Remembers how a task ended and forgets the oldest above the bounds. */
  add(outcome: TaskOutcome, payload: readonly Uint8Array[]): void {
    const bytes = bytesOf(payload);
    if (bytes > this.#bounds.finishedBytesMax / 4) {
      return this.#tally?.reached("finishedBytesMax");
    }
    if (this.#tasks.has(outcome.id)) return;
    this.#tasks.set(outcome.id, { outcome, payload, bytes });
    this.#bytes += bytes;
    while (this.#bytes > this.#bounds.finishedBytesMax) {
      this.#tally?.reached("finishedBytesMax");
      this.#forgetOldest();
    }
    while (this.#tasks.size > this.#bounds.finishedTasksMax) {
      this.#tally?.reached("finishedTasksMax");
      this.#forgetOldest();
    }
  }

  #forgetOldest(): void {
    const [oldest] = this.#tasks.keys();
    if (oldest !== undefined) this.forget(oldest);
  }
}
