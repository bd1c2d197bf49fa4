/**
 * Reasons to let nobody else in. Pure.
 *
 * @module
 */
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
export function wrongVersion(theirs: number): string | undefined {
  return theirs === PROTOCOL_VERSION
    ? undefined
    : `it speaks version ${theirs} of the messages, this cluster version ${PROTOCOL_VERSION}`;
}

/** Says that a table is full, unless the peer is in it already. */
export function noRoom(
  table: ReadonlyMap<string, unknown>,
  routingId: string,
  max: number,
  what: string,
): string | undefined {
  return table.size < max || table.has(routingId)
    ? undefined
    : `the cluster has ${max} ${what} already`;
}

/** What is wrong with an engine that wants to join, if anything is. */
export function problemWithEngine(
  { protocol, slots, requestedId }: EngineRegister,
  engines: ReadonlyMap<number, unknown>,
): string | undefined {
  const problem = wrongVersion(protocol);
  if (problem !== undefined) return problem;
  if (engines.size >= ENGINES_MAX) {
    return `the cluster has ${ENGINES_MAX} engines already`;
  }
  if (slots < 1 || slots > SLOTS_MAX) {
    return `it has ${slots} slots, from 1 to ${SLOTS_MAX} are possible`;
  }
  return requestedId !== undefined && engines.has(requestedId)
    ? `engine id ${requestedId} is taken`
    : undefined;
}
