/**
 * How many times a task was given to an engine, as its outcome says. Pure.
 *
 * @module
 */
import type { TaskOutcome } from "../messages/mod.ts";
import type { TaskExtra } from "./entries.ts";

/**
 * An outcome with the number of its runs, where that is not one. Sessions of
 * its client that are over count as a run each, since it may have run there;
 * an engine that had the task before us may know of more.
 */
export function withAttempts(
  outcome: TaskOutcome,
  { retries, earlier, isAdopted }: TaskExtra,
): TaskOutcome {
  const attempts = retries + earlier + (isAdopted ? 0 : 1);
  const { attempts: known = 1 } = outcome;
  return known >= attempts ? outcome : { ...outcome, attempts };
}
