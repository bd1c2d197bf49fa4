/**
 * Whether and when to start a slot again whose process ended.
 *
 * @module
 */
import type { EngineEnd } from "../messages/mod.ts";

/** Which ends of a slot's process another one follows. */
export const RESPAWN_POLICIES = ["never", "on-failure", "always"] as const;

/** Which ends of a slot's process another one follows. */
export type RespawnPolicy = typeof RESPAWN_POLICIES[number];

/** Bounds of {@linkcode respawnDecision}. */
export interface RespawnBounds {
  /** First pause. */
  readonly respawnDelayMinMs: number;
  /** Longest pause of a slot that keeps ending. */
  readonly respawnDelayMaxMs: number;
  /** Most starts of a slot within the window; more have to wait. */
  readonly respawnsMax: number;
  /** The window. */
  readonly respawnWindowMs: number;
}

/** What is to be decided about. */
export interface RespawnCase {
  /** Which ends another process follows. */
  readonly policy: RespawnPolicy;
  /** How the process ended. */
  readonly end: EngineEnd;
  /** How often it has ended in a row, this time included. */
  readonly endsInRow: number;
  /** When the slot was started again before, oldest first. */
  readonly respawnsMs: readonly number[];
  /** Now, on the same clock. */
  readonly nowMs: number;
}

/** Start it after a pause, or not again. */
export type RespawnDecision =
  | {
    /** How long to wait. */
    readonly delayMs: number;
    /** Whether it waits for the window of `respawnsMax`. */
    readonly isHeldBack: boolean;
  }
  | { readonly refusal: string };

/** Decides what follows the end of a slot's process. */
export function respawnDecision(
  { policy, end, endsInRow, respawnsMs, nowMs }: RespawnCase,
  bounds: RespawnBounds,
): RespawnDecision {
  if (policy === "never") {
    return { refusal: "its engine starts no slot again" };
  }
  if (policy === "on-failure" && end.exitCode === 0) {
    return { refusal: "its engine starts slots again on failure only" };
  }
  const pauseMs = respawnDelayMs(endsInRow, bounds);
  const oldest = respawnsMs.at(-bounds.respawnsMax);
  const windowMs = oldest === undefined
    ? 0
    : oldest + bounds.respawnWindowMs - nowMs;
  const isHeldBack = windowMs > pauseMs;
  return { delayMs: Math.max(pauseMs, windowMs), isHeldBack };
}

/**
 * The pause before a slot is started again: none after the first end, then
 * doubling for as long as it ends without having finished a task.
 *
 * @param endsInRow How often it has ended in a row, this time included.
 */
export function respawnDelayMs(
  endsInRow: number,
  bounds: Pick<RespawnBounds, "respawnDelayMinMs" | "respawnDelayMaxMs">,
): number {
  if (endsInRow <= 1) return 0;
  const doubled = bounds.respawnDelayMinMs * 2 ** Math.min(endsInRow - 2, 30);
  return Math.min(doubled, bounds.respawnDelayMaxMs);
}
