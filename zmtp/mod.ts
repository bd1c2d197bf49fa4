/**
 * The ZMTP 3.1 language: bytes in, events out. Pure: no I/O and no timers.
 *
 * @module
 */
export { type Batch, BatchPool } from "./batch.ts";
export * from "./connection.ts";
export * from "./curve_mechanism.ts";
export * from "./limits.ts";
export type * from "./mechanism.ts";
export { socketMetadata } from "./metadata.ts";
export * from "./null_mechanism.ts";
export type { ScanRules } from "./scan.ts";
export * from "./socket_type.ts";
export * from "./zmtp_peer.ts";
