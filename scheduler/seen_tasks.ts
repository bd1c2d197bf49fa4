/**
 * The tasks of which something was seen that is not told yet, and that have
 * not ended. Pure.
 *
 * @module
 */
import type { ObservedTask, SeenTask } from "./task_observer.ts";

const NO_PAYLOAD: readonly Uint8Array[] = [];

/** A list of tasks, oldest first. */
export class SeenTasks {
  #first: SeenTask | undefined;
  #last: SeenTask | undefined;
  #size = 0;

  /** How many tasks it has. */
  get size(): number {
    return this.#size;
  }

  /** The task that came first. */
  get first(): SeenTask | undefined {
    return this.#first;
  }

  /**
   * Adds a task.
   *
   * @param submittedMs When it was submitted, unless that was told.
   */
  add(
    task: ObservedTask,
    submittedMs: number | undefined,
    gathering: number,
  ): SeenTask {
    const seen: SeenTask = {
      task,
      submittedMs,
      payload: submittedMs === undefined ? NO_PAYLOAD : task.payload,
      gathering,
      engineId: -1,
      assignedMs: 0,
      before: this.#last,
      behind: undefined,
    };
    if (this.#last === undefined) this.#first = seen;
    else this.#last.behind = seen;
    this.#last = seen;
    this.#size++;
    return task.seen = seen;
  }

  /** Takes a task out. */
  remove(seen: SeenTask): void {
    const { before, behind, task } = seen;
    if (before === undefined) this.#first = behind;
    else before.behind = behind;
    if (behind === undefined) this.#last = before;
    else behind.before = before;
    seen.before = seen.behind = task.seen = undefined;
    this.#size--;
  }

  /** Takes all tasks out. */
  clear(): void {
    while (this.#first !== undefined) this.remove(this.#first);
  }
}
