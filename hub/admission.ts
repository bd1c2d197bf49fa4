/**
 * Reasons to let nobody else in. Pure.
 *
 * @module
 */
import { PROTOCOL_VERSION } from "../messages/mod.ts";

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
