/**
 * Talking while code runs: channels between clients and slots, groups of
 * slots, and what they do together. Pure: how messages travel is an argument.
 *
 * @module
 */
export * from "./channel.ts";
export * from "./channel_end.ts";
export * from "./channel_scope.ts";
export * from "./channel_table.ts";
export * from "./group.ts";
export * from "./group_end.ts";
export * from "./reduction.ts";
export * from "./wait.ts";
