/**
 * Which engines are idle, and which jobs a choice of engines means.
 *
 * @module
 */
import { type Clock, ConnectionError, TimeoutError } from "../base/mod.ts";
import type { Client } from "../client/mod.ts";
import type { EngineInfo } from "../messages/mod.ts";
import type { EngineGroup } from "./engine_set.ts";
import type { Job } from "./launchers/mod.ts";
import { type EngineLoad, surplusEngines } from "./scale_policy.ts";

/** How often to look whether a busy engine has become idle. */
const DRAIN_INTERVAL_MS = 200;

/** A job, its set, and those of its engines that are in the cluster. */
export interface JobEngines {
  /** The set. */
  readonly set: EngineGroup;
  /** The job. */
  readonly job: Job;
  /** The ids of its engines that are in the cluster. */
  readonly ids: readonly number[];
}

/** Every job of some sets, with its engines. */
export function jobsWithEngines(
  sets: Iterable<EngineGroup>,
  engines: readonly EngineInfo[],
): JobEngines[] {
  const idOf = new Map(
    engines.map(({ launch, engineId }) => [launch, engineId]),
  );
  return [...sets].flatMap((set) =>
    set.members.map((job) => ({
      set,
      job,
      ids: job.names.flatMap((name) => idOf.get(name) ?? []),
    }))
  );
}

/**
 * The jobs that a choice of engines means.
 *
 * @throws {ConnectionError} when a job has other engines as well, or an
 * engine was not started by this cluster.
 */
export function wholeJobs(
  jobs: readonly JobEngines[],
  ids: readonly number[],
  verb: string,
): JobEngines[] {
  const wanted = new Set(ids);
  const touched = jobs.filter((job) => job.ids.some((id) => wanted.has(id)));
  for (const { job, ids } of touched) {
    const other = ids.find((id) => !wanted.has(id));
    if (other === undefined) continue;
    throw new ConnectionError(
      `Cannot ${verb} some engines of ${job.what}: engine ${other} is in it as well; name all of its engines`,
    );
  }
  const known = new Set(touched.flatMap(({ ids }) => ids));
  const stranger = ids.find((id) => !known.has(id));
  if (stranger === undefined) return touched;
  throw new ConnectionError(
    `Cannot ${verb} engine ${stranger}: this cluster's launchers did not start it`,
  );
}

/**
 * Picks engines that have nothing to do, waiting for busy ones if need be.
 *
 * @throws {TimeoutError} when too many stay busy.
 */
export async function idleEngines(
  client: Client,
  candidates: () => readonly number[],
  surplus: number,
  options: { readonly timeoutMs: number; readonly clock: Clock },
): Promise<readonly number[]> {
  const { clock, timeoutMs } = options;
  const deadlineMs = clock.monotonic() + timeoutMs;
  for (;;) {
    const loads = await currentLoads(client, candidates());
    const { idle, busy } = surplusEngines(loads, surplus);
    if (busy === 0) return idle;
    if (clock.monotonic() >= deadlineMs) {
      throw new TimeoutError(
        `Cannot stop ${surplus} engines: ${busy} are busy after ${timeoutMs} ms; stop them by their ids, or give them more time`,
      );
    }
    await new Promise<void>((resolve) =>
      clock.setTimer(DRAIN_INTERVAL_MS, resolve)
    );
  }
}

/** Those of some engines that have nothing to do at this moment. */
export async function idleNow(
  client: Client,
  ids: readonly number[],
): Promise<readonly number[]> {
  const loads = await currentLoads(client, ids);
  return loads.filter(({ tasks }) => tasks === 0)
    .map(({ engineId }) => engineId);
}

/** What runs on engines at this moment: heartbeats are seconds old. */
async function currentLoads(
  client: Client,
  ids: readonly number[],
): Promise<EngineLoad[]> {
  const here = ids.filter((id) => client.ids.includes(id));
  if (here.length === 0) return [];
  const stacks = await client.stack(here);
  return stacks.map(({ engineId, slots }) => ({
    engineId,
    slots: slots.length,
    tasks: slots.filter(({ state }) => state !== "idle").length,
    idleMs: 0,
  }));
}
