/**
 * Clusters that another program started.
 *
 * @module
 */
import { ClusterCore } from "./cluster_core.ts";
import { START_TIMEOUT_MS } from "./cluster_options.ts";
import type { FoundCluster } from "./cluster_search.ts";
import { loadLauncher } from "./launchers/mod.ts";

/** Takes hold of a cluster, its controller and its engine sets. */
export async function attachCluster(
  { record, file }: FoundCluster,
): Promise<ClusterCore> {
  const { controller } = record;
  const controllers = await loadLauncher(
    controller.launcher,
    controller.launcherOptions,
  );
  const core = new ClusterCore(
    { record, file },
    controllers.attach(controller.handle, []),
    { controllers, isOwned: false, timeoutMs: START_TIMEOUT_MS },
  );
  for (const written of record.engineSets) {
    const { launcher, launcherOptions, engineFlags, id, nextIndex } = written;
    const set = core.newSet(
      await loadLauncher(launcher, launcherOptions),
      engineFlags,
      { id, nextIndex },
    );
    set.attach(written.jobs);
  }
  return core;
}
