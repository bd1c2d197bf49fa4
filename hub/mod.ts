/**
 * The hub: knows the cluster and answers questions about it.
 *
 * @module
 */
export type * from "./audit_record.ts";
export * from "./hub.ts";
export * from "./hub_state.ts";
export * from "./hub_state_options.ts";
export * from "./hub_times.ts";
