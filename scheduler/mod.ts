/**
 * The scheduler: decides where each task runs.
 *
 * @module
 */
export {
  EngineRoster,
  type EngineRosterOptions,
  type RosterState,
} from "./engine_roster.ts";
export {
  HubConversation,
  type HubConversationOptions,
  type HubHandler,
  type HubLink,
} from "./hub_conversation.ts";
export * from "./leaf.ts";
export * from "./leaf_options.ts";
export * from "./scheduler.ts";
export * from "./scheduler_options.ts";
export * from "./scheduler_actions.ts";
export * from "./scheduler_limits.ts";
export * from "./scheduler_state.ts";
export * from "./task_observer.ts";
export * from "./task_reporter.ts";
