/**
 * Words everyone uses: errors, time, randomness, queues, log lines.
 * Pure: nothing here does I/O.
 *
 * @module
 */
export * from "./allocator.ts";
export * from "./bytes.ts";
export * from "./clock.ts";
export * from "./deque.ts";
export * from "./edit_distance.ts";
export * from "./errors.ts";
export * from "./lease.ts";
export * from "./limit_tally.ts";
export * from "./log.ts";
export * from "./prefetch_policy.ts";
export * from "./random.ts";
export * from "./recent_by_key.ts";
export * from "./scheduling_scheme.ts";
export * from "./shared_room.ts";
