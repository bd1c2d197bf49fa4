/**
 * Engines that are to go: which, and how they go without losing work.
 *
 * @module
 */
import { type Clock, systemClock, TimeoutError } from "../base/mod.ts";
import type { Client } from "../client/mod.ts";
import { surplusEngines } from "./scale_policy.ts";

/**
 * How long engines that are to go may take to finish what they have, unless
 * told otherwise: most tasks are shorter, and whoever waits is still there.
 */
export const DRAIN_TIMEOUT_MS = 30_000;

/** How long the hub may take to say that an engine has nothing to do. */
const DRAIN_ANSWER_MS = 1_000;

/** Engines that may go: idle ones first, newest first. */
export async function engineSurplus(
  client: Client,
  surplus: number,
): Promise<readonly number[]> {
  return surplusEngines(await tasksOf(client, client.ids), surplus);
}

/** Those of some engines that have nothing to do at this moment. */
export async function idleNow(
  client: Client,
  ids: readonly number[],
): Promise<readonly number[]> {
  const loads = await tasksOf(client, ids);
  return loads.filter(({ tasks }) => tasks === 0)
    .map(({ engineId }) => engineId);
}

/**
 * Gives engines no new work, and waits until they are empty or gone.
 *
 * @returns Whether they are, in time.
 */
export async function drainEngines(
  client: Client,
  ids: readonly number[],
  timeoutMs: number,
  clock: Clock = systemClock,
): Promise<boolean> {
  const endMs = clock.monotonic() + Math.max(timeoutMs, DRAIN_ANSWER_MS);
  try {
    await withPresent(client, ids, (here) => {
      const leftMs = Math.max(0, endMs - clock.monotonic());
      return client.drain(here, { timeoutMs: leftMs });
    });
    return true;
  } catch (error) {
    if (error instanceof TimeoutError) return false;
    throw error;
  }
}

/** Gives engines work again, where they are still there. */
export async function undrainEngines(
  client: Client,
  ids: readonly number[],
): Promise<void> {
  await withPresent(client, ids, (here) => client.undrain(here));
}

/** Ends engines; those that are gone already are no trouble. */
export async function shutDownEngines(
  client: Client,
  ids: readonly number[],
): Promise<void> {
  await withPresent(
    client,
    ids,
    (here) => client.shutdown({ targets: here }),
  );
}

/** Does something with engines, again without those that leave meanwhile. */
async function withPresent(
  client: Client,
  ids: readonly number[],
  act: (here: readonly number[]) => Promise<void>,
): Promise<void> {
  for (;;) {
    const here = presentOf(client, ids);
    if (here.length === 0) return;
    try {
      return await act(here);
    } catch (error) {
      if (presentOf(client, here).length === here.length) throw error;
      if (error instanceof TimeoutError) throw error;
    }
  }
}

function presentOf(client: Client, ids: readonly number[]): readonly number[] {
  const present = new Set(client.ids);
  return ids.filter((id) => present.has(id));
}

/** How many tasks engines hold: heartbeats are seconds old, so it is asked. */
async function tasksOf(
  client: Client,
  ids: readonly number[],
): Promise<{ readonly engineId: number; readonly tasks: number }[]> {
  const { engines } = await client.queueStatus();
  const queues = new Map(engines.map((queue) => [queue.engineId, queue]));
  return presentOf(client, ids).map((engineId) => {
    const { running = 0, queued = 0 } = queues.get(engineId) ?? {};
    return { engineId, tasks: running + queued };
  });
}
