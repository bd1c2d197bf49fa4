/**
 * Which jobs a choice of engines means.
 *
 * @module
 */
import { ConnectionError } from "../base/mod.ts";
import type { EngineInfo } from "../messages/mod.ts";
import type { EngineGroup } from "./engine_set.ts";
import type { Job } from "./launchers/mod.ts";

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
