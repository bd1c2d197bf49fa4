/**
 * Socket types, and which may talk to which.
 *
 * @module
 */

/** The socket types that this project speaks as. */
export type SocketType = "DEALER" | "ROUTER";

/** The types that a socket of ours may be connected to. */
const PEERS: { readonly [T in SocketType]: ReadonlySet<string> } = {
  DEALER: new Set(["DEALER", "REP", "ROUTER"]),
  ROUTER: new Set(["DEALER", "REQ", "ROUTER"]),
};

/** Whether a socket of ours may talk to a peer of this type. */
export function isValidPeerType(ours: SocketType, theirs: string): boolean {
  return PEERS[ours].has(theirs);
}
