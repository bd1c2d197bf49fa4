/**
 * The outcome of a task, as tests of large payload send it.
 *
 * @module
 */
import type { Envelope } from "./envelope.ts";

/** An outcome with this payload. */
export function outcomeWith(payload: readonly Uint8Array[]): Envelope {
  return {
    message: {
      type: "task_outcome",
      id: "t1",
      status: "ok",
      engineId: 1,
      startedMs: 1,
      completedMs: 2,
      outputs: 0,
    },
    payload,
  };
}
