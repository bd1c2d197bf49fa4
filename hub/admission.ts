/**
 * Reasons to let nobody else in. Pure.
 *
 * @module
 */
import type { LimitTally } from "../base/mod.ts";
import { type EngineRegister, PROTOCOL_VERSION } from "../messages/mod.ts";

/** Most engines of a cluster. */
export const ENGINES_MAX = 65_536;
/** Most clients, those expected back among them. */
export const CLIENTS_MAX = 65_536;
/** Most schedulers of a cluster. */
export const SCHEDULERS_MAX = 1_024;
/** Most slots of one engine. */
export const SLOTS_MAX = 4_096;

/** What is wrong with a version of the messages, if anything is. */
function wrongVersion(theirs: number): string | undefined {
  return theirs === PROTOCOL_VERSION
    ? undefined
    : `it speaks version ${theirs} of the messages, this cluster version ${PROTOCOL_VERSION}`;
}

/** A peer that wants to join, and those that are there already. */
interface Joining {
  readonly protocol: number;
  readonly routingId: string;
  readonly table: ReadonlyMap<string, unknown>;
}

/** What is wrong with a client that wants to connect, if anything is. */
export function problemWithClient(
  { protocol, routingId, table }: Joining,
  tally?: LimitTally,
): string | undefined {
  const problem = wrongVersion(protocol);
  if (problem !== undefined || table.size < CLIENTS_MAX) return problem;
  if (table.has(routingId)) return undefined;
  tally?.reached("CLIENTS_MAX");
  return `the cluster has ${CLIENTS_MAX} clients already`;
}

/** What is wrong with a scheduler that wants to join, if anything is. */
export function problemWithScheduler(
  { protocol, routingId, table }: Joining,
  tally?: LimitTally,
): string | undefined {
  const problem = wrongVersion(protocol);
  if (problem !== undefined || table.size < SCHEDULERS_MAX) return problem;
  if (table.has(routingId)) return undefined;
  tally?.reached("SCHEDULERS_MAX");
  return `the cluster has ${SCHEDULERS_MAX} schedulers already`;
}

/** What is wrong with an engine that wants to join, if anything is. */
export function problemWithEngine(
  { protocol, slots, requestedId }: EngineRegister,
  engines: ReadonlyMap<number, unknown>,
  tally?: LimitTally,
): string | undefined {
  const problem = wrongVersion(protocol);
  if (problem !== undefined) return problem;
  if (engines.size >= ENGINES_MAX) {
    tally?.reached("ENGINES_MAX");
    return `the cluster has ${ENGINES_MAX} engines already`;
  }
  if (slots < 1 || slots > SLOTS_MAX) {
    if (slots > SLOTS_MAX) tally?.reached("SLOTS_MAX");
    return `it has ${slots} slots, from 1 to ${SLOTS_MAX} are possible`;
  }
  return requestedId !== undefined && engines.has(requestedId)
    ? `engine id ${requestedId} is taken`
    : undefined;
}

/** What is wrong with engines that somebody names, if anything is. */
export function problemWithTargets(
  targets: readonly number[],
  engines: ReadonlyMap<number, unknown>,
): string | undefined {
  const unknown = targets.find((id) => !engines.has(id));
  return unknown === undefined
    ? undefined
    : `engine ${unknown} is not in the cluster`;
}
