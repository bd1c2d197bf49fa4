/**
 * A cluster's start: its controller, and its engine sets side by side.
 *
 * @module
 */
import { ClusterCore } from "./cluster_core.ts";
import { ClusterStateFile, clusterStatePath } from "./files/mod.ts";
import { found, type StartPlan } from "./founding.ts";
import { StartWatch } from "./start_watch.ts";

/** Starts a cluster; its engines are ready to use. */
export async function startCluster(plan: StartPlan): Promise<ClusterCore> {
  const { controllers, founding, timeoutMs, signal } = plan;
  const { profile, clusterId, detached } = founding;
  using watch = new StartWatch({
    what: `start cluster ${clusterId}`,
    timeoutMs,
    signal,
  });
  const { controller, record } = await found(controllers, founding, watch);
  const file = new ClusterStateFile(clusterStatePath(profile, clusterId));
  const core = new ClusterCore({ record, file }, controller, {
    controllers,
    isOwned: !detached,
    timeoutMs,
  });
  const written = file.write(record);
  // A set without engines would stay for ever.
  const sets = plan.sets.filter(({ n }) => n > 0);
  const launching = sets.map(({ launcher, engineFlags, n }) =>
    core.launch(core.newSet(launcher, engineFlags), n, watch, detached)
  );
  const launched = Promise.all(launching);
  // When something else fails first, nobody waits for it yet.
  launched.catch(() => {});
  try {
    await watch.until(core.connected(watch.signal));
    await core.arrived((await watch.until(launched)).flat(), watch);
    await written;
    return core;
  } catch (error) {
    // What is launched only now must not stay behind.
    const late = await Promise.allSettled(launching);
    const jobs = late.flatMap((one) =>
      one.status === "fulfilled" ? one.value : []
    );
    await Promise.all([core.stop(), ...jobs.map((job) => job.stop())]);
    throw error;
  }
}
