/**
 * A task in the scheduler's hands.
 *
 * @module
 */
import type { TaskOutcome, Work } from "../messages/mod.ts";
import type { EngineEntry } from "./engine_entry.ts";

/** One run of one request. */
export interface Task {
  /** The id that its client gave it. */
  readonly id: string;
  /** Routing id of its client. */
  readonly client: string;
  /** What to run. */
  readonly work: Work;
  /** Its arguments, which the scheduler does not look into. */
  readonly payload: readonly Uint8Array[];
  /** Bytes of the payload. */
  readonly payloadBytes: number;
  /** Order of submission, for fairness between queues. */
  readonly order: number;
  /** Where it may run: the engine of a direct task, or any of a list. */
  readonly place: number | readonly number[];
  /** Where it runs, once it is assigned. */
  engine: EngineEntry | undefined;
  /** Nobody waits for it any more; it is passed over in its queue. */
  dropped: boolean;
}

/** Bytes of all parts together. */
export function byteLength(payload: readonly Uint8Array[]): number {
  let bytes = 0;
  for (const part of payload) bytes += part.byteLength;
  return bytes;
}

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
