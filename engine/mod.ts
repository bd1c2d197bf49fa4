/**
 * Runs users' code: a supervisor that joins the cluster, and slot processes.
 *
 * @module
 */
export { Engine } from "./engine.ts";
export { DEFAULT_ENGINE_LIMITS, type EngineLimits } from "./engine_limits.ts";
export type { EngineOptions } from "./engine_options.ts";
export { runSlot } from "./slot_main.ts";
