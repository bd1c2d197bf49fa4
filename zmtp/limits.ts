/**
 * What a peer may ask of us, in numbers.
 *
 * @module
 */

/** Limits of the ZMTP language for one connection. */
export interface ZmtpLimits {
  /** Largest body of a command during the handshake. */
  readonly handshakeBytesMax: number;
  /** Largest body of a command after the handshake, such as PING. */
  readonly commandBytesMax: number;
  /** Largest frame that a peer may announce after the handshake. */
  readonly frameBytesMax: number;
  /** Most parts in one message. */
  readonly partsMax: number;
  /** Most bytes in the parts of one message together. */
  readonly messageBytesMax: number;
}

/** The limits used where none are given, with their reasons. */
export const DEFAULT_ZMTP_LIMITS: ZmtpLimits = {
  // CURVE's INITIATE is 257 bytes and its metadata; libzmq sends under 500.
  handshakeBytesMax: 4 * 1024,
  // PING carries 18 bytes; unknown commands are skipped, not stored.
  commandBytesMax: 4 * 1024,
  // A buffer is allocated for a whole frame once its length is known.
  frameBytesMax: 1024 ** 3,
  // Views of parts cost about 100 bytes each, however small the part.
  partsMax: 64 * 1024,
  // Parts of an unfinished message are held until the last one arrives.
  messageBytesMax: 2 * 1024 ** 3,
};

/** Completes limits with the defaults and checks that they fit together. */
export function resolveZmtpLimits(limits: Partial<ZmtpLimits>): ZmtpLimits {
  const resolved: ZmtpLimits = { ...DEFAULT_ZMTP_LIMITS, ...limits };
  for (
    const name of [
      "handshakeBytesMax",
      "commandBytesMax",
      "frameBytesMax",
      "partsMax",
      "messageBytesMax",
    ] as const
  ) {
    if (!Number.isSafeInteger(resolved[name]) || resolved[name] < 1) {
      throw new RangeError(
        `Cannot use limit ${name} ${
          resolved[name]
        }: it is not a positive integer`,
      );
    }
  }
  if (resolved.frameBytesMax > resolved.messageBytesMax) {
    throw new RangeError(
      "Cannot use limit frameBytesMax: it is larger than messageBytesMax",
    );
  }
  return resolved;
}
