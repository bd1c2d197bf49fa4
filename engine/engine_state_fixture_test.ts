import type { TaskAssign, TaskOutcome } from "../messages/mod.ts";

/** The source of a function. */
export const SOURCE: Uint8Array = new TextEncoder().encode("() => 1");

/** An assigned task. */
export function assign(id: string, hash = "f"): TaskAssign {
  return {
    type: "task_assign",
    id,
    client: "c",
    work: { kind: "apply", function: hash },
  };
}

/** How a task ends well. */
export function ok(id: string, tookMs = 1000): TaskOutcome {
  return {
    type: "task_outcome",
    id,
    status: "ok",
    engineId: 0,
    startedMs: 0,
    completedMs: tookMs,
    outputs: 0,
  };
}
