/**
 * What an engine's decisions depend on.
 *
 * @module
 */
import type { Clock, LimitTally } from "../base/mod.ts";
import type { EngineEffects } from "./engine_effects.ts";
import type { EngineLimits } from "./engine_limits.ts";
import type { RespawnPolicy } from "./respawn_policy.ts";

/** Options of {@linkcode EngineState}. */
export interface EngineStateOptions {
  /** How many slots there are; their first processes are being started. */
  readonly slots: number;
  /** Which ends of a slot's process another one follows. */
  readonly respawn: RespawnPolicy;
  /** The limits of the engine. */
  readonly limits: EngineLimits;
  /** Stamps the outcomes of tasks that never ran. */
  readonly clock: Pick<Clock, "now">;
  /** What carries out the decisions. */
  readonly effects: EngineEffects;
  /** Counts limits that are reached. */
  readonly tally?: LimitTally | undefined;
}
