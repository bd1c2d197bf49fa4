/**
 * Outcomes that no engine gave.
 *
 * @module
 */
import type { EngineEnd, TaskOutcome } from "../messages/mod.ts";

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

/** The outcome of a task whose engine is lost. */
export function lostOutcome(
  id: string,
  engineId: number,
  end: EngineEnd,
): TaskOutcome {
  return { ...unrunOutcome(id, "engine_lost", end.reason), engineId, end };
}
