/**
 * Whether and when a task that failed runs again. Pure.
 *
 * @module
 */
import {
  type RetryTerms,
  TASK_TIMEOUT_MS_MAX,
  type TaskStatus,
} from "../messages/mod.ts";

/**
 * Milliseconds until a task runs again; `undefined` when it does not. Tasks
 * that somebody stopped, or that cannot run, are not retried.
 *
 * @param retries How often it has been retried already.
 */
export function retryDelayMs(
  terms: RetryTerms | undefined,
  status: TaskStatus,
  retries: number,
): number | undefined {
  if (terms === undefined || retries >= terms.max) return undefined;
  if (!isCause(terms.on, status)) return undefined;
  return Math.min(terms.backoffMs * 2 ** retries, TASK_TIMEOUT_MS_MAX);
}

function isCause(on: RetryTerms["on"], status: TaskStatus): boolean {
  switch (status) {
    case "engine_lost":
      return on !== "error";
    case "error":
      return on !== "engine-lost";
    case "timed_out":
      return on === "any";
    default:
      return false;
  }
}
