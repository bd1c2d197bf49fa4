/**
 * The hub: knows the cluster and answers questions about it.
 *
 * @module
 */
export * from "./hub.ts";
export * from "./hub_state.ts";
export * from "./hub_times.ts";
