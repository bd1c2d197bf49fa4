/**
 * How many times a task was given to an engine, as its outcome says. Pure.
 *
 * @module
 */
import type { TaskOutcome, TaskStatus } from "../messages/mod.ts";
import type { Task } from "./entries.ts";
import { retryDelayMs } from "./retry_policy.ts";

/**
 * An outcome with the number of its runs, where that is not one. Sessions of
 * its client that are over count as a run each, since it may have run there;
 * an engine that had the task before us may know of more.
 */
export function withAttempts(outcome: TaskOutcome, task: Task): TaskOutcome {
  const { extra } = task;
  if (extra === undefined) return outcome;
  const { retries, earlier, isAdopted } = extra;
  const isCounted = isAdopted && !wasRetried(task, outcome.status);
  const attempts = retries + earlier + (isCounted ? 0 : 1);
  const { attempts: known = 1 } = outcome;
  return known >= attempts ? outcome : { ...outcome, attempts };
}

/** Whether another scheduler that heard of such an end had it run again. */
function wasRetried({ request: { terms } }: Task, status: TaskStatus): boolean {
  const retries = terms?.retries;
  // What is lost while it is being cancelled counts as cancelled.
  const cause = status === "cancelled" ? "engine_lost" : status;
  return retryDelayMs(retries, cause, 0) !== undefined;
}
