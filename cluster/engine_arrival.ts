/**
 * Waiting for engines that were started.
 *
 * @module
 */
import { TimeoutError } from "../base/mod.ts";
import type { Client } from "../client/mod.ts";
import type { StartWatch } from "./start_watch.ts";

/** How long to wait for a change before looking again. */
const LOOK_INTERVAL_MS = 250;

/** Settles when every engine of these launch names is in the cluster. */
export async function untilArrived(
  client: Client,
  names: readonly string[],
  watch: StartWatch,
): Promise<void> {
  for (;;) {
    const here = new Set(client.engines.map(({ launch }) => launch));
    const missing = names.filter((name) => !here.has(name)).length;
    if (missing === 0) return;
    // Others may come and go meanwhile: what counts is who is here.
    await watch.until(untilMore(client, missing, watch.signal));
  }
}

/** Waits for the start-up scripts: an engine in which they fail ends. */
export async function untilStarted(
  client: Client,
  names: readonly string[],
  watch: StartWatch,
): Promise<void> {
  const ours = new Set(names);
  const ids = client.engines
    .filter(({ launch }) => launch !== undefined && ours.has(launch))
    .map(({ engineId }) => engineId);
  if (ids.length === 0) return;
  const idle = client.directView(ids).apply(() => undefined);
  await watch.until(idle.settled());
  // One that has left says more than the loss of a task.
  if (!idle.successful) await watch.until(new Promise<never>(() => {}));
}

async function untilMore(
  client: Client,
  count: number,
  signal: AbortSignal,
): Promise<void> {
  try {
    await client.waitForEngines(client.ids.length + count, {
      timeoutMs: LOOK_INTERVAL_MS,
      signal,
    });
  } catch (error) {
    if (!(error instanceof TimeoutError)) throw error;
  }
}
