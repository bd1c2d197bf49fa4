/**
 * Clusters: starts, scales and stops the processes of one through launchers,
 * and knows how ippd starts itself.
 *
 * @module
 */
export { Adaptation, type AdaptOptions } from "./adaptation.ts";
export * from "./announcement.ts";
export * from "./cluster.ts";
export * from "./cluster_json.ts";
export * from "./cluster_options.ts";
export {
  closeKeyList,
  isOwnKeyName,
  OWN_KEY_NAMES,
  type OwnKeyName,
  removeOwnKeys,
} from "./hub_keys_file.ts";
export { removeClusterState } from "./cluster_state_file.ts";
export { type EngineSet, type JobStatus } from "./engine_set.ts";
export * from "./launchers/mod.ts";
export * from "./local_process.ts";
export * from "./own_connection_file.ts";
export * from "./scheduler_socket.ts";
export * from "./self_command.ts";
export * from "./start_options.ts";
