/**
 * The client: connect to a cluster, run code on its engines, hold results.
 *
 * @module
 */
export * from "./async_result.ts";
export * from "./broadcast_view.ts";
export * from "./call_types.ts";
export * from "./client.ts";
export * from "./connect.ts";
export * from "./dependency.ts";
export { DASK_START_TIMEOUT_MS, DASK_STOP_GRACE_MS } from "./dask_cluster.ts";
export { type DaskOptions, type DaskTls } from "./dask_policy.ts";
export * from "./direct_view.ts";
export * from "./engine_directory.ts";
export * from "./engine_scope.ts";
export * from "./executor.ts";
export { type RetryOptions, TAGS_MAX, WORD_LENGTH_MAX } from "./flag_checks.ts";
export * from "./lazy_map.ts";
export * from "./load_balanced_view.ts";
export * from "./remote_worker.ts";
export type { MapInput } from "./map_source.ts";
export {
  type Comm,
  COMM_MESSAGES_MAX,
  type CommData,
  COMMS_MAX,
  openComm,
} from "./notebook_comm.ts";
export { OUTPUT_KEPT_MAX } from "./output_log.ts";
export {
  markLines,
  type OutputBlock,
  type OutputEvent,
  type OutputGrouping,
  type OutputSink,
} from "./output_text.ts";
export type { Distribution, ScatterOptions } from "./partition.ts";
export type { PermissionOption, PermissionOptions } from "./permissions.ts";
export * from "./profile/mod.ts";
export type {
  PurgeTarget,
  QueryOptions,
  RecordFilter,
  TaskHandle,
} from "./records.ts";
export type { RecordWatch } from "./record_watch.ts";
export type { QueueStatus } from "./queue_status.ts";
export type {
  AsyncResultOptions,
  ItemOf,
  ResultHandle,
  ResultHost,
  SettledTask,
} from "./result_parts.ts";
export { EVENTS_WAITING_MAX } from "./result_events.ts";
export type { ConnectOptions } from "./connect_options.ts";
export {
  type DisplayOutput,
  EVENT_BYTES_KEPT_MAX,
  EVENTS_KEPT_MAX,
  ITEM_BYTES_KEPT_MAX,
  ITEMS_KEPT_MAX,
  type ResultEvent,
  type TaskProgress,
} from "./task_events.ts";
export type { TaskMetadata } from "./task_run.ts";
export type { WaitOptions } from "./hub_questions.ts";
export type { TaskSelection } from "./task_selection.ts";
export type * from "./task_types.ts";
export type { FlagChanges, ViewFlags } from "./view_flags.ts";
export type { ResultWaitOptions, WaitCondition } from "./waiting.ts";
export {
  SchedulerConversation,
  type SchedulerConversationOptions,
  type SchedulerLink,
} from "./scheduler_conversation.ts";
