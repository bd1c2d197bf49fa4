/**
 * Where records of tasks are kept, and how they are found again.
 *
 * @module
 */
export * from "./filter_parser.ts";
export * from "./filter_policy.ts";
export * from "./memory_store.ts";
export * from "./no_store.ts";
export * from "./open_store.ts";
export * from "./packed_parts.ts";
export * from "./record_project.ts";
export * from "./sqlite_store.ts";
export * from "./task_store.ts";
