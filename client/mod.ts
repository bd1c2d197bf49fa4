/**
 * The client: connect to a cluster, run code on its engines, hold results.
 *
 * @module
 */
export * from "./async_result.ts";
export * from "./client.ts";
export * from "./direct_view.ts";
export * from "./engine_directory.ts";
export * from "./load_balanced_view.ts";
export { type ViewFlags } from "./view_flags.ts";
export * from "./profile_paths.ts";
export { type ConnectOptions } from "./session.ts";
export { OUTPUT_KEPT_MAX, type TaskMetadata } from "./task_run.ts";
