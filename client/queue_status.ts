/**
 * What runs and waits on engines.
 *
 * @module
 */
import type { StatusReply } from "../messages/mod.ts";

/** What runs and waits on one engine, as it said in its last heartbeat. */
export interface EngineQueue {
  /** The engine's number. */
  readonly engineId: number;
  /** Tasks running there. */
  readonly running: number;
  /** Tasks that it holds and has not started. */
  readonly queued: number;
  /** Tasks finished there. */
  readonly finished: number;
}

/** What runs and waits in a cluster. */
export interface QueueStatus {
  /** The engines, by ascending id. */
  readonly engines: readonly EngineQueue[];
  /** Tasks that schedulers hold and no engine has been given. */
  readonly unassigned: number;
}

/** Reads the queues out of what the hub knows. */
export function queueStatusOf(
  { processes }: StatusReply,
  targets: readonly number[],
): QueueStatus {
  const wanted = new Set(targets);
  const engines = processes
    .filter(({ role, engineId }) => role === "engine" && wanted.has(engineId))
    .map(({ engineId, running, queued, finished }) => ({
      engineId,
      running,
      queued,
      finished,
    }))
    .sort((a, b) => a.engineId - b.engineId);
  const unassigned = processes
    .filter(({ role }) => role === "scheduler")
    .reduce((sum, { queued }) => sum + queued, 0);
  return { engines, unassigned };
}
