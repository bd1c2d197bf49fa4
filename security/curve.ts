/**
 * What both sides of the CURVE handshake share: its limits, steps and result.
 *
 * @module
 */
import type { BoxCipher } from "./crypto.ts";

/** The longest handshake command that is taken or sent. */
export const CURVE_COMMAND_BYTES_MAX = 4096;

/** The longest metadata block: what INITIATE leaves free in a command. */
export const CURVE_METADATA_BYTES_MAX = 3839;

/** What a finished handshake leaves behind. */
export interface CurveSession {
  /** Seals what we send; its nonce prefix is already our direction's. */
  readonly sealer: BoxCipher;
  /** Opens what the peer sends. */
  readonly opener: BoxCipher;
  /** The next short nonce to use; the counter goes on from the handshake. */
  readonly sendNonce: number;
  /** The last short nonce seen; the next must be larger. */
  readonly receiveNonce: number;
  /** The peer's long-term public key. */
  readonly peerKey: Uint8Array;
  /** What the authorizer said of the peer, on the server's side. */
  readonly role: string | undefined;
  /** The peer's ZMTP metadata block as it came, not parsed here. */
  readonly peerMetadata: Uint8Array;
}

/** What one received command leads to. */
export interface CurveStep {
  /** The command body to send now, if any. */
  readonly reply?: Uint8Array;
  /** The session, when the handshake is complete. */
  readonly session?: CurveSession;
}
