/**
 * Who is at the other end, as it says in the handshake.
 *
 * @module
 */
import { ProtocolError } from "../base/mod.ts";
import type { MechanismSession } from "./mechanism.ts";
import { parseMetadata } from "./metadata.ts";
import { isValidPeerType, type SocketType } from "./socket_type.ts";

/** Most bytes in a routing id. */
export const ROUTING_ID_BYTES_MAX = 255;

/** What a peer said, and proved, in the handshake. */
export interface ZmtpPeer {
  /** Its socket type. */
  readonly socketType: string;
  /** Its routing id; empty when it chose none. */
  readonly routingId: Uint8Array;
  /** Everything it said, by name in lower case. */
  readonly properties: ReadonlyMap<string, Uint8Array>;
  /** Its long-term public key, when the mechanism has keys. */
  readonly publicKey: Uint8Array | undefined;
  /** What the authorizer said of the key. */
  readonly role: string | undefined;
  /** Minor version of ZMTP 3 that it speaks. */
  readonly minorVersion: number;
}

/**
 * Reads who the peer is.
 *
 * @throws {ProtocolError} when its metadata, socket type or routing id is
 * not acceptable.
 */
export function describePeer(
  session: MechanismSession,
  ours: SocketType,
  minorVersion: number,
): ZmtpPeer {
  const properties = parseMetadata(session.peerMetadata);
  const socketType = readSocketType(properties.get("socket-type"), ours);
  const routingId = properties.get("identity") ?? new Uint8Array(0);
  if (routingId.byteLength > ROUTING_ID_BYTES_MAX) {
    throw new ProtocolError(
      `Cannot admit peer: its routing id has ${routingId.byteLength} bytes, ` +
        `more than ${ROUTING_ID_BYTES_MAX}`,
    );
  }
  if (routingId.byteLength > 0 && routingId[0] === 0) {
    throw new ProtocolError(
      "Cannot admit peer: its routing id begins with a zero byte",
    );
  }
  const { peerKey: publicKey, role } = session;
  return { socketType, routingId, properties, publicKey, role, minorVersion };
}

function readSocketType(
  value: Uint8Array | undefined,
  ours: SocketType,
): string {
  if (value === undefined) {
    throw new ProtocolError("Cannot admit peer: it has no socket type");
  }
  const type = String.fromCharCode(...value.subarray(0, 16));
  if (!isValidPeerType(ours, type)) {
    throw new ProtocolError(
      `Cannot admit peer: a ${JSON.stringify(type)} socket may not talk to ` +
        ours,
    );
  }
  return type;
}
