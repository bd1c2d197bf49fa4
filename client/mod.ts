/**
 * The client: connect to a cluster, run code on its engines, hold results.
 *
 * @module
 */
export * from "./async_result.ts";
export * from "./call_types.ts";
export * from "./client.ts";
export * from "./direct_view.ts";
export * from "./engine_directory.ts";
export * from "./engine_scope.ts";
export * from "./load_balanced_view.ts";
export * from "./remote_worker.ts";
export type { PermissionOption, PermissionOptions } from "./permissions.ts";
export { type ViewFlags } from "./view_flags.ts";
export * from "./profile_paths.ts";
export { type ConnectOptions } from "./session.ts";
export {
  type DisplayOutput,
  EVENT_BYTES_KEPT_MAX,
  EVENTS_KEPT_MAX,
  ITEM_BYTES_KEPT_MAX,
  ITEMS_KEPT_MAX,
  type ResultEvent,
  type TaskProgress,
} from "./task_events.ts";
export { EVENTS_WAITING_MAX } from "./result_events.ts";
export { OUTPUT_KEPT_MAX, type TaskMetadata } from "./task_run.ts";
