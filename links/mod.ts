/**
 * Conversations: typed messages over sockets, batched, with what each role
 * may say. Between the sockets and the roles.
 *
 * @module
 */
export * from "./candidate_endpoints.ts";
export * from "./client_link.ts";
export * from "./server_link.ts";
