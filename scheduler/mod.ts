/**
 * The scheduler: decides where each task runs.
 *
 * @module
 */
export * from "./leaf.ts";
export * from "./leaf_options.ts";
export * from "./scheduler.ts";
export * from "./scheduler_options.ts";
export * from "./scheduler_actions.ts";
export * from "./scheduler_limits.ts";
export * from "./scheduler_state.ts";
export * from "./task_observer.ts";
