/**
 * Runs users' code: a supervisor that joins the cluster, and slot processes.
 *
 * @module
 */
export { Engine } from "./engine.ts";
export { DEFAULT_ENGINE_LIMITS, type EngineLimits } from "./engine_limits.ts";
export type { EngineOptions } from "./engine_options.ts";
export {
  DEVICE_VARIABLE_DEFAULT,
  type DeviceOptions,
} from "./slot_environment.ts";
export {
  MEMORY_LIMIT_MIB_MAX,
  MEMORY_LIMIT_MIB_MIN,
  type SlotPermissions,
  type SlotSandbox,
  splitGrants,
} from "./slot_permissions.ts";
export { RESPAWN_POLICIES, type RespawnPolicy } from "./respawn_policy.ts";
export type { StartupScript } from "./startup_script.ts";
export type { EngineEffects } from "./engine_effects.ts";
export { inspectorFlags } from "./slot_inspector.ts";
export { HubConversation, type HubLink } from "./hub_conversation.ts";
export {
  SchedulerConversation,
  type SchedulerLink,
} from "./scheduler_conversation.ts";
export { EngineState } from "./engine_state.ts";
export type { EngineStateOptions } from "./engine_state_options.ts";
