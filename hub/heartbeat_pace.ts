/**
 * How often engines say that they are well, and how long a member's silence
 * may last. Pure.
 *
 * @module
 */
import type { LimitTally } from "../base/mod.ts";
import type { HubTimes } from "./hub_times.ts";
import type { Member } from "./member.ts";

/**
 * Heartbeats that a hub takes from all engines together. With more engines
 * each says it less often; a broken connection is noticed at once all the
 * same, and only a process that hangs is noticed later.
 */
export const HEARTBEATS_PER_SECOND_MAX = 500;

/** The interval for each of so many engines: the usual one, or doubled. */
export function heartbeatPaceMs(engines: number, usualMs: number): number {
  let paceMs = usualMs;
  while (engines * 1000 > HEARTBEATS_PER_SECOND_MAX * paceMs) paceMs *= 2;
  return paceMs;
}

/** What to tell an engine whose pace is another now, which is noted. */
export function newPace(
  member: Member,
  paceMs: number,
): { readonly intervalMs?: number } {
  if (member.paceMs === undefined || member.paceMs === paceMs) return {};
  member.paceMs = paceMs;
  return { intervalMs: paceMs };
}

/** Why a member counts as lost, if it does. */
export function lossReason(
  { brokenMs, heardMs, paceMs }: Member,
  nowMs: number,
  times: HubTimes,
  tally?: LimitTally,
): string | undefined {
  if (brokenMs !== undefined && nowMs - brokenMs >= times.engineGraceMs) {
    return "its connection broke and it did not come back";
  }
  const usualMs = times.heartbeatIntervalMs;
  const patience = Math.max(1, (paceMs ?? usualMs) / usualMs);
  const silentMs = nowMs - heardMs;
  if (silentMs < patience * times.heartbeatTimeoutMs) return undefined;
  tally?.reached("heartbeatTimeoutMs");
  return `nothing was heard of it for ${(silentMs / 1000).toFixed(1)} s`;
}
