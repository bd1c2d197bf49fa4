/**
 * The files of a cluster: by which it is found, and what a killed controller
 * left. Apart from clusters, because a controller needs to know no more of
 * them.
 *
 * @module
 */
export * from "./cluster_record.ts";
export * from "./cluster_state_file.ts";
export * from "./hub_keys_file.ts";
export * from "./own_connection_file.ts";
export * from "./local_sockets.ts";
