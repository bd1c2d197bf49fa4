/**
 * Items of a map that fail alone.
 *
 * @module
 */
import { ProtocolError } from "../base/mod.ts";
import { parseThrown, type SettledItem } from "../messages/mod.ts";
import type { SettledTask } from "./result_parts.ts";
import { remoteError } from "./outcome_error.ts";
import type { TaskRun } from "./task_run.ts";

/**
 * How each item of a task ended; those of a task that failed as a whole all
 * failed with it.
 *
 * @param items How many items the task had.
 */
export function settledItems(run: TaskRun, items: number): SettledTask[] {
  if (run.error !== undefined) {
    const reason = run.error;
    return Array.from(
      { length: items },
      () => ({ status: "rejected", reason }),
    );
  }
  if (!Array.isArray(run.value)) {
    throw new ProtocolError(
      `Cannot read the results of task ${run.id}: they are not a list`,
    );
  }
  return run.value.map((item: SettledItem) =>
    item.status === "fulfilled" ? item : {
      status: "rejected",
      reason: remoteError(parseThrown(item.reason), run.engineId ?? 0, run.id),
    }
  );
}
