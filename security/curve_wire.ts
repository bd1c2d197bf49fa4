/**
 * The bytes of the CURVE handshake: where everything lies in each command,
 * and how nonces are made. Private to this folder.
 *
 * @module
 */
import { concatBytes, ProtocolError, utf8 } from "../base/mod.ts";
import {
  type BoxCipher,
  type CurveCrypto,
  KEY_BYTES,
  type KeyPair,
  MAC_BYTES,
  SHORT_NONCE_BYTES,
} from "./crypto.ts";
import { CURVE_COMMAND_BYTES_MAX, CURVE_METADATA_BYTES_MAX } from "./curve.ts";
import { expectBytes } from "./expect_bytes.ts";

/** Bytes of the nonces that are random and travel whole after a prefix. */
export const LONG_NONCE_BYTES = 16;

/** `05 HELLO 01 00`, 72 zeros, C' (32), short nonce (8), box (80). */
export const HELLO = {
  bytes: 200,
  version: 6,
  padding: 8,
  clientKey: 80,
  nonce: 112,
  box: 120,
  signatureBytes: 64,
} as const;

/** `07 WELCOME`, long nonce (16), box (144) of S' (32) ‖ cookie (96). */
export const WELCOME = { bytes: 168, nonce: 8, box: 24 } as const;

/** `08 INITIATE`, cookie (96), short nonce (8), box. */
export const INITIATE = {
  bytesMin: 257,
  cookie: 9,
  nonce: 105,
  box: 113,
} as const;

/** In INITIATE's box: C (32), long nonce (16), vouch (80), metadata. */
export const INITIATE_TEXT = {
  clientKey: 0,
  vouchNonce: 32,
  vouch: 48,
  metadata: 128,
} as const;

/** `05 READY`, short nonce (8), box of the metadata. */
export const READY = { bytesMin: 30, nonce: 6, box: 14 } as const;

/** `05 ERROR`, length (1), reason. */
export const ERROR = { bytesMin: 7, length: 6, reason: 7 } as const;

/** The fixed beginnings of the nonces; the rest travels. */
export const NONCE_PREFIX: {
  readonly [
    N in
      | "hello"
      | "welcome"
      | "cookie"
      | "initiate"
      | "vouch"
      | "ready"
      | "messageFromClient"
      | "messageFromServer"
  ]: Uint8Array<ArrayBuffer>;
} = {
  hello: utf8("CurveZMQHELLO---"),
  welcome: utf8("WELCOME-"),
  cookie: utf8("COOKIE--"),
  initiate: utf8("CurveZMQINITIATE"),
  vouch: utf8("VOUCH---"),
  ready: utf8("CurveZMQREADY---"),
  messageFromClient: utf8("CurveZMQMESSAGEC"),
  messageFromServer: utf8("CurveZMQMESSAGES"),
};

/** The handshake's commands. */
export type CurveCommandName =
  | "HELLO"
  | "WELCOME"
  | "INITIATE"
  | "READY"
  | "ERROR";

/** `<name length><name>`, with which each command begins. */
export const COMMAND_START: {
  readonly [N in CurveCommandName]: Uint8Array<ArrayBuffer>;
} = {
  HELLO: utf8("\x05HELLO"),
  WELCOME: utf8("\x07WELCOME"),
  INITIATE: utf8("\x08INITIATE"),
  READY: utf8("\x05READY"),
  ERROR: utf8("\x05ERROR"),
};

/** Where a short nonce stops being an exact number. */
const HIGH_HALF_MAX = 2 ** 21;

/** Joins a prefix with the part of a nonce that travels. */
export function nonceOf(
  prefix: Uint8Array,
  rest: Uint8Array,
): Uint8Array<ArrayBuffer> {
  return concatBytes([prefix, rest]);
}

/** A short nonce as its 8 bytes, big-endian. */
export function shortNonceBytes(nonce: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(SHORT_NONCE_BYTES);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, Math.floor(nonce / 2 ** 32));
  view.setUint32(4, nonce >>> 0);
  return bytes;
}

/**
 * Reads a short nonce and sees that it has grown.
 *
 * @throws {ProtocolError} when it is not larger than `last`, or too large to
 * leave room for counting.
 */
export function readShortNonce(
  name: CurveCommandName,
  command: Uint8Array,
  offset: number,
  last: number,
): number {
  const view = new DataView(command.buffer, command.byteOffset);
  const high = view.getUint32(offset);
  const nonce = high * 2 ** 32 + view.getUint32(offset + 4);
  if (high >= HIGH_HALF_MAX || nonce <= last) {
    throw new ProtocolError(
      `Cannot take ${name}: its short nonce is ${
        high >= HIGH_HALF_MAX ? "exhausted" : "not larger than the last"
      }`,
    );
  }
  return nonce;
}

/** Whether a command body begins as the named command does. */
export function isCommand(
  command: Uint8Array,
  name: CurveCommandName,
): boolean {
  return startsWith(command, COMMAND_START[name]);
}

/**
 * Sees that a command is the one expected, and of a length it can have.
 *
 * @throws {ProtocolError} when it is not.
 */
export function expectCommand(
  command: Uint8Array,
  name: CurveCommandName,
  bytesMin: number,
  bytesMax: number,
): void {
  if (!isCommand(command, name)) {
    throw new ProtocolError(
      `Cannot take ${shownName(command)}: the CURVE handshake expects ${name}`,
    );
  }
  if (command.length < bytesMin || command.length > bytesMax) {
    throw new ProtocolError(
      `Cannot take ${name}: it has ${command.length} bytes, not ${
        bytesMin === bytesMax ? bytesMin : `${bytesMin} to ${bytesMax}`
      }`,
    );
  }
}

/**
 * A command's name for an error message, whatever the bytes are: nothing
 * unprintable reaches a terminal.
 */
export function shownName(command: Uint8Array): string {
  const name = command.subarray(1, 1 + (command[0] ?? 0));
  const known = name.length > 0 && name.length <= 16 && isPrintable(name);
  return known ? new TextDecoder().decode(name) : "an unknown command";
}

/** Whether all bytes are visible ASCII characters or blanks. */
export function isPrintable(bytes: Uint8Array): boolean {
  return bytes.every((byte) => byte >= 0x20 && byte <= 0x7e);
}

/** Whether all bytes are zero; for bytes that are no secret. */
export function isZero(bytes: Uint8Array): boolean {
  return bytes.every((byte) => byte === 0);
}

/**
 * Sees that a peer's transient key is written in the one way it can be.
 * X25519 ignores the highest bit, so a key with that bit set is the same key
 * written differently, which no honest peer does.
 *
 * @throws {ProtocolError} when the bit is set.
 */
export function expectTransientKey(
  name: CurveCommandName,
  key: Uint8Array,
): void {
  if (((key[KEY_BYTES - 1] ?? 0) & 0x80) !== 0) {
    throw new ProtocolError(
      `Cannot take ${name}: its transient key is not canonical`,
    );
  }
}

/** Sees that keys handed to a constructor have the right length. */
export function expectKeyPair(pair: KeyPair): void {
  expectBytes("a public key", pair.publicKey, KEY_BYTES);
  expectBytes("a secret key", pair.secretKey, KEY_BYTES);
}

/**
 * Sees that a metadata block fits into a handshake command.
 *
 * @throws {RangeError} when it does not.
 */
export function expectMetadata(metadata: Uint8Array): void {
  if (metadata.length > CURVE_METADATA_BYTES_MAX) {
    throw new RangeError(
      `Cannot send metadata of ${metadata.length} bytes: the limit is ${CURVE_METADATA_BYTES_MAX}`,
    );
  }
}

/** Both directions' ciphers; the shared key is wiped afterwards. */
export function takeCiphers(
  crypto: CurveCrypto,
  sharedKey: Uint8Array,
): { readonly fromClient: BoxCipher; readonly fromServer: BoxCipher } {
  const fromClient = crypto.cipher(sharedKey, NONCE_PREFIX.messageFromClient);
  const fromServer = crypto.cipher(sharedKey, NONCE_PREFIX.messageFromServer);
  crypto.wipe(sharedKey);
  return { fromClient, fromServer };
}

function startsWith(bytes: Uint8Array, start: Uint8Array): boolean {
  return bytes.length >= start.length &&
    start.every((byte, index) => bytes[index] === byte);
}

if (
  INITIATE.box + MAC_BYTES + INITIATE_TEXT.metadata +
      CURVE_METADATA_BYTES_MAX !== CURVE_COMMAND_BYTES_MAX
) {
  throw new RangeError("The limits of metadata and commands contradict");
}
