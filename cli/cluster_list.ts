/**
 * Clusters, as they are listed.
 *
 * @module
 */
import type { ClusterJson } from "../cluster/mod.ts";
import { type Column, formatTable } from "./table.ts";

const COLUMNS: readonly Column[] = [
  { heading: "PROFILE" },
  { heading: "CLUSTER" },
  { heading: "STATE" },
  { heading: "ENGINES", align: "right" },
  { heading: "LAUNCHERS" },
  { heading: "CONTROLLER", align: "right" },
];

/** Clusters for programs. */
export function clusterListJson(clusters: readonly ClusterJson[]): string {
  return JSON.stringify(clusters, undefined, 2) + "\n";
}

/** Clusters for people. */
export function clusterListText(clusters: readonly ClusterJson[]): string {
  return formatTable(
    COLUMNS,
    clusters.map((cluster) => [
      cluster.profile,
      cluster.id === "" ? "-" : cluster.id,
      cluster.state,
      String(runningEngines(cluster)),
      [...new Set(cluster.engineSets.map(({ launcher }) => launcher))].join(),
      String(cluster.controllerPid),
    ]),
  );
}

/** Engines whose jobs have not ended. */
function runningEngines({ engineSets }: ClusterJson): number {
  return engineSets.flatMap(({ jobs }) => jobs)
    .filter(({ state }) => state.kind !== "ended")
    .reduce((sum, { engines }) => sum + engines, 0);
}
