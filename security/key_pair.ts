/**
 * Keys as people and files see them.
 *
 * @module
 */
import { type CurveCrypto, KEY_BYTES, type KeyPair } from "./crypto.ts";
import { expectBytes } from "./expect_bytes.ts";
import { decodeZ85, encodeZ85 } from "./z85.ts";

/** Characters of a key in Z85. */
export const KEY_CHARACTERS = 40;

/** A key pair in Z85, as files hold it. */
export interface KeyPairText {
  /** The half to give away; 40 characters. */
  readonly publicKey: string;
  /** The half to keep; 40 characters. */
  readonly secretKey: string;
}

/** Writes a key pair in Z85. */
export function encodeKeyPair(pair: KeyPair): KeyPairText {
  return {
    publicKey: encodeZ85(pair.publicKey),
    secretKey: encodeZ85(pair.secretKey),
  };
}

/**
 * Reads one key in Z85. Messages never show the key.
 *
 * @throws {RangeError} when it is not 40 characters long or overflows.
 * @throws {SyntaxError} when a character is not of the alphabet.
 */
export function parseKey(text: string): Uint8Array<ArrayBuffer> {
  if (text.length !== KEY_CHARACTERS) {
    throw new RangeError(
      `Cannot read a key of ${text.length} characters: it must have ${KEY_CHARACTERS}`,
    );
  }
  return decodeZ85(text);
}

/**
 * Reads a key pair in Z85 and sees that its halves belong together.
 *
 * @throws {RangeError} when a key is not valid or the halves do not match.
 * @throws {SyntaxError} when a character is not of the alphabet.
 */
export function parseKeyPair(text: KeyPairText, crypto: CurveCrypto): KeyPair {
  const publicKey = parseKey(text.publicKey);
  const secretKey = parseKey(text.secretKey);
  if (!crypto.equal(crypto.publicKeyOf(secretKey), publicKey)) {
    throw new RangeError(
      "Cannot use a key pair: the public key does not belong to the secret key",
    );
  }
  return { publicKey, secretKey };
}

/** Bytes of a key that its fingerprint shows. */
const FINGERPRINT_BYTES = 8;

/**
 * A short form of a public key for people to compare: its first eight bytes as
 * `0a1b-2c3d-4e5f-6071`. Finding another key with the same fingerprint takes
 * about 2⁶⁴ tries, the same as for a hash of that length.
 *
 * @throws {RangeError} when it is not a key of 32 bytes.
 */
export function fingerprint(publicKey: Uint8Array): string {
  expectBytes("a public key", publicKey, KEY_BYTES);
  let text = "";
  for (let index = 0; index < FINGERPRINT_BYTES; index++) {
    if (index > 0 && index % 2 === 0) text += "-";
    text += (publicKey[index] ?? 0).toString(16).padStart(2, "0");
  }
  return text;
}
