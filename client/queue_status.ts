/**
 * What runs and waits on engines.
 *
 * @module
 */
import { ConnectionError } from "../base/mod.ts";
import type { EngineQueue, QueueReply } from "../messages/mod.ts";

/** What runs and waits in a cluster. */
export interface QueueStatus {
  /** The engines, by ascending id. */
  readonly engines: readonly EngineQueue[];
  /** Tasks that wait for any engine. */
  readonly unassigned: number;
}

/**
 * Reads the queues out of what the schedulers know.
 *
 * @throws {ConnectionError} when one of them did not answer.
 */
export function queueStatusOf(
  { engines, unassigned, problem }: QueueReply,
  targets: readonly number[],
): QueueStatus {
  if (problem !== undefined) {
    throw new ConnectionError(`Cannot read queues: ${problem}`);
  }
  const wanted = new Set(targets);
  return {
    engines: engines.filter(({ engineId }) => wanted.has(engineId)),
    unassigned,
  };
}
