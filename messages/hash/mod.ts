/**
 * Names of what travels by hash. This part of `messages/` loads
 * `node:crypto`, which takes 10 ms; slots do without.
 *
 * @module
 */
export { functionHash } from "./function_hash.ts";
