/**
 * The greeting: 64 bytes that say version and mechanism.
 *
 * @module
 */
import { ProtocolError } from "../base/mod.ts";
import { byteAt } from "./frame.ts";

/** Bytes in a greeting. */
export const GREETING_BYTES = 64;

const VERSION_MAJOR = 3;
const VERSION_MINOR = 1;
const MECHANISM_OFFSET = 12;
const MECHANISM_BYTES = 20;
const AS_SERVER_OFFSET = 32;
const MECHANISM_PATTERN = /^[A-Z0-9\-_.+]+$/;

/** What a peer's greeting says. */
export interface Greeting {
  /** Major version; 3 or more. */
  readonly major: number;
  /** Minor version; peers before 3.1 know no PING. */
  readonly minor: number;
  /** The mechanism's name, such as `CURVE`. */
  readonly mechanism: string;
  /** Whether the peer claims to be the mechanism's server. */
  readonly asServer: boolean;
}

/** Our greeting. */
export function encodeGreeting(
  mechanism: string,
  asServer: boolean,
): Uint8Array<ArrayBuffer> {
  const greeting = new Uint8Array(GREETING_BYTES);
  greeting[0] = 0xff;
  greeting[9] = 0x7f;
  greeting[10] = VERSION_MAJOR;
  greeting[11] = VERSION_MINOR;
  for (let index = 0; index < mechanism.length; index++) {
    greeting[MECHANISM_OFFSET + index] = mechanism.charCodeAt(index);
  }
  greeting[AS_SERVER_OFFSET] = asServer ? 1 : 0;
  return greeting;
}

/**
 * The greeting at the start of `bytes`, or `undefined` while it is too short.
 * What cannot become a greeting is refused at its first wrong byte.
 *
 * @throws {ProtocolError} when this is no ZMTP 3 peer.
 */
export function parseGreeting(bytes: Uint8Array): Greeting | undefined {
  const length = bytes.byteLength;
  if (length > 0 && bytes[0] !== 0xff) throw notZmtp();
  if (length > 9 && bytes[9] !== 0x7f) throw notZmtp();
  const major = byteAt(bytes, 10);
  if (length > 10 && major < VERSION_MAJOR) {
    throw new ProtocolError(
      `Cannot talk to peer: it speaks version ${major} of ZMTP, not 3`,
    );
  }
  if (length < GREETING_BYTES) return undefined;
  return {
    major,
    // A later major version knows all that 3.1 knows.
    minor: major > VERSION_MAJOR ? VERSION_MINOR : byteAt(bytes, 11),
    mechanism: parseMechanism(bytes),
    asServer: (byteAt(bytes, AS_SERVER_OFFSET) & 1) === 1,
  };
}

function parseMechanism(bytes: Uint8Array): string {
  const field = bytes.subarray(
    MECHANISM_OFFSET,
    MECHANISM_OFFSET + MECHANISM_BYTES,
  );
  const name = String.fromCharCode(...field).replace(/\0+$/, "");
  if (!MECHANISM_PATTERN.test(name)) {
    throw new ProtocolError("Cannot talk to peer: its mechanism has no name");
  }
  return name;
}

function notZmtp(): ProtocolError {
  return new ProtocolError("Cannot talk to peer: it does not speak ZMTP");
}
