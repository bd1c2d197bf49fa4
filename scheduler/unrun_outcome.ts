/**
 * Outcomes that no engine gave.
 *
 * @module
 */
import type { TaskOutcome } from "../messages/mod.ts";

/** The outcome of a task that no engine ran to its end. */
export function unrunOutcome(
  id: string,
  status: TaskOutcome["status"],
  reason: string,
): TaskOutcome {
  return {
    type: "task_outcome",
    id,
    status,
    engineId: 0,
    startedMs: 0,
    completedMs: 0,
    outputs: 0,
    reason,
  };
}
