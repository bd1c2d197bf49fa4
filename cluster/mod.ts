/**
 * Clusters: starts, scales and stops the processes of one through launchers.
 *
 * @module
 */
export { Adaptation, type AdaptOptions } from "./adaptation.ts";
export * from "./cluster.ts";
export * from "./cluster_json.ts";
export * from "./cluster_options.ts";
export { type EngineSet, type JobStatus } from "./engine_set.ts";
export * from "./files/mod.ts";
export * from "./launchers/mod.ts";
export * from "./process/mod.ts";
export * from "./start_options.ts";
