/**
 * Clusters: starts and stops the processes of one, and knows how ippd starts
 * itself.
 *
 * @module
 */
export * from "./announcement.ts";
export * from "./cluster.ts";
export * from "./cluster_options.ts";
export {
  closeKeyList,
  isOwnKeyName,
  OWN_KEY_NAMES,
  type OwnKeyName,
  removeOwnKeys,
} from "./hub_keys_file.ts";
export * from "./local_launcher.ts";
export * from "./own_connection_file.ts";
export * from "./self_command.ts";
