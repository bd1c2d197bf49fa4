/**
 * Whose tasks are whose.
 *
 * @module
 */
import type { RunSet } from "./run_set.ts";
import type { TaskRun } from "./task_run.ts";

/**
 * Checks that a task is the client's own: only those mean something to its
 * scheduler.
 *
 * @param verb What is to be done with it, for the message.
 * @throws {TypeError} when it is not.
 */
export function checkOwner(
  taskId: string,
  clientId: string,
  verb: string,
): void {
  if (taskId.startsWith(`${clientId}-`)) return;
  throw new TypeError(
    `Cannot ${verb} task ${taskId}: it belongs to another client or cluster; await its result and pass the value`,
  );
}

/**
 * The tasks of a result that are all known.
 *
 * @throws {TypeError} when they are somebody else's, or more may come.
 */
export function closedRuns(
  set: RunSet,
  clientId: string,
  verb: string,
): readonly TaskRun[] {
  for (const run of set.runs) checkOwner(run.id, clientId, verb);
  if (!set.isOpen) return set.runs;
  throw new TypeError(
    `Cannot ${verb} a result that still submits tasks: await it first, or give its map a chunkSize`,
  );
}
