/**
 * Tasks that somebody points at: by their results or by their ids.
 *
 * @module
 */
import { AsyncResult, tasksOf } from "./async_result.ts";
import { checkOwner } from "./ownership.ts";
import type { RunSet } from "./run_set.ts";
import type { TaskRun } from "./task_run.ts";

/** Results, task ids, or a list of both. */
export type TaskSelection =
  | AsyncResult<unknown>
  | string
  | readonly (AsyncResult<unknown> | string)[];

/** Where tasks that have not ended are found and stopped. */
export interface PendingTasks {
  /** Start of the ids of the client's tasks. */
  readonly id: string;
  /** A task that has not ended. */
  pending(id: string): TaskRun | undefined;
  /** The tasks that have not ended. */
  pendingRuns(): Iterable<TaskRun>;
  /** Asks for tasks not to run. */
  cancel(ids: readonly string[], reason: string): void;
}

const REASON = "aborted by its client";

/** What was selected. */
export interface SelectedTasks {
  /** The tasks of results. */
  readonly sets: readonly RunSet[];
  /** Ids of further tasks. */
  readonly ids: readonly string[];
}

/**
 * The tasks that somebody points at.
 *
 * @throws {TypeError} when one is another client's, or something is neither
 * a result nor an id.
 */
export function selectedTasks(
  selection: TaskSelection,
  clientId: string,
  verb: string,
): SelectedTasks {
  const sets: RunSet[] = [];
  const ids: string[] = [];
  for (const one of Array.isArray(selection) ? selection : [selection]) {
    if (one instanceof AsyncResult) {
      for (const id of one.taskIds) checkOwner(id, clientId, verb);
      sets.push(tasksOf(one));
    } else if (typeof one === "string") {
      checkOwner(one, clientId, verb);
      ids.push(one);
    } else {
      throw new TypeError(
        `Cannot ${verb} ${typeof one}: it must be a result or a task id`,
      );
    }
  }
  return { sets, ids };
}

/**
 * Asks for tasks not to run.
 *
 * @param among Which of the client's tasks are meant when none is selected.
 * @returns How many.
 */
export function abortTasks(
  tasks: PendingTasks,
  selection: TaskSelection | undefined,
  among: (run: TaskRun) => boolean,
): number {
  const ids: string[] = [];
  if (selection === undefined) {
    for (const run of tasks.pendingRuns()) if (among(run)) ids.push(run.id);
  } else {
    const selected = selectedTasks(selection, tasks.id, "abort");
    for (const set of selected.sets) {
      set.stopFeed(REASON);
      for (const run of set.runs) if (!run.done) ids.push(run.id);
    }
    for (const id of selected.ids) {
      if (tasks.pending(id) !== undefined) ids.push(id);
    }
  }
  if (ids.length > 0) tasks.cancel(ids, REASON);
  return ids.length;
}
