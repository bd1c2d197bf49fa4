/**
 * Conversations: typed messages over sockets, batched, with what each role
 * may say. Between the sockets and the roles.
 *
 * @module
 */
export * from "./bind_local.ts";
export * from "./candidate_endpoints.ts";
export * from "./client_link.ts";
export { REFUSAL_CAUSES_MAX, RefusalTally } from "./refusal_tally.ts";
export { ROUTING_OWNERS_MAX } from "./routing_owners.ts";
export * from "./routed_endpoints.ts";
export * from "./server_link.ts";
