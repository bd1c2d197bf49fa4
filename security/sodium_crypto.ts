/**
 * The cryptography of CURVE by libsodium.
 *
 * @module
 */
import { AuthenticationError } from "../base/mod.ts";
import {
  type BoxCipher,
  type CurveCrypto,
  KEY_BYTES,
  type KeyPair,
  MAC_BYTES,
  NONCE_BYTES,
  NONCE_PREFIX_BYTES,
} from "./crypto.ts";
import { expectBytes } from "./expect_bytes.ts";
import type { Sodium } from "./sodium.ts";

/** The most bytes that the system's source gives at once. */
const RANDOM_BYTES_MAX = 65_536;

/** The cryptography of CURVE by a build of libsodium. */
export class SodiumCrypto implements CurveCrypto {
  /** Which implementation this is. */
  readonly name: CurveCrypto["name"];
  readonly #cipher: CurveCrypto["cipher"];
  readonly #sodium: Sodium;

  /** Uses a build of libsodium, and the ciphers that go with it. */
  constructor(
    name: CurveCrypto["name"],
    sodium: Sodium,
    cipher: CurveCrypto["cipher"],
  ) {
    this.name = name;
    this.#cipher = cipher;
    this.#sodium = sodium;
  }

  /** A cipher for one direction of a connection. */
  cipher(sharedKey: Uint8Array, noncePrefix: Uint8Array): BoxCipher {
    expectBytes("a shared key", sharedKey, KEY_BYTES);
    expectBytes("a nonce prefix", noncePrefix, NONCE_PREFIX_BYTES);
    return this.#cipher(sharedKey, noncePrefix);
  }

  /** Makes a fresh key pair. */
  generateKeyPair(): KeyPair {
    const secretKey = this.randomBytes(KEY_BYTES);
    return { publicKey: this.publicKeyOf(secretKey), secretKey };
  }

  /** The public key that belongs to a secret key. */
  publicKeyOf(secretKey: Uint8Array): Uint8Array {
    expectBytes("a secret key", secretKey, KEY_BYTES);
    return this.#sodium.publicKeyOf(secretKey);
  }

  /** Bytes from the system's cryptographic source. */
  randomBytes(length: number): Uint8Array<ArrayBuffer> {
    const bytes = new Uint8Array(length);
    for (let at = 0; at < length; at += RANDOM_BYTES_MAX) {
      crypto.getRandomValues(bytes.subarray(at, at + RANDOM_BYTES_MAX));
    }
    return bytes;
  }

  /** Seals a message for the owner of `publicKey`. */
  box(
    message: Uint8Array,
    nonce: Uint8Array,
    publicKey: Uint8Array,
    secretKey: Uint8Array,
  ): Uint8Array {
    const key = this.beforeNm(publicKey, secretKey);
    try {
      return this.secretBox(message, nonce, key);
    } finally {
      this.wipe(key);
    }
  }

  /** Opens what {@linkcode SodiumCrypto.box} made, or gives `undefined`. */
  openBox(
    box: Uint8Array,
    nonce: Uint8Array,
    publicKey: Uint8Array,
    secretKey: Uint8Array,
  ): Uint8Array | undefined {
    const key = this.#agree(publicKey, secretKey);
    if (key === undefined) return undefined;
    try {
      return this.openSecretBox(box, nonce, key);
    } finally {
      this.wipe(key);
    }
  }

  /** Seals a message under a 32-byte key. */
  secretBox(
    message: Uint8Array,
    nonce: Uint8Array,
    key: Uint8Array,
  ): Uint8Array {
    expectBytes("a nonce", nonce, NONCE_BYTES);
    expectBytes("a key", key, KEY_BYTES);
    return this.#sodium.seal(message, nonce, key);
  }

  /** Opens what {@linkcode SodiumCrypto.secretBox} made, or `undefined`. */
  openSecretBox(
    box: Uint8Array,
    nonce: Uint8Array,
    key: Uint8Array,
  ): Uint8Array | undefined {
    expectBytes("a nonce", nonce, NONCE_BYTES);
    expectBytes("a key", key, KEY_BYTES);
    if (box.length < MAC_BYTES) return undefined;
    return this.#sodium.open(box, nonce, key);
  }

  /** The key that two key pairs share. */
  beforeNm(publicKey: Uint8Array, secretKey: Uint8Array): Uint8Array {
    const key = this.#agree(publicKey, secretKey);
    if (key !== undefined) return key;
    throw new AuthenticationError(
      "Cannot agree on a key: the public key makes the shared secret all zeros; use a key made by `ippd keys new`",
    );
  }

  #agree(
    publicKey: Uint8Array,
    secretKey: Uint8Array,
  ): Uint8Array | undefined {
    expectBytes("a public key", publicKey, KEY_BYTES);
    expectBytes("a secret key", secretKey, KEY_BYTES);
    return this.#sodium.agree(publicKey, secretKey);
  }

  /** Whether two runs of bytes are the same, in constant time. */
  equal(a: Uint8Array, b: Uint8Array): boolean {
    if (a.length !== b.length) return false;
    let difference = 0;
    for (let index = 0; index < a.length; index++) {
      difference |= (a[index] ?? 0) ^ (b[index] ?? 0);
    }
    return difference === 0;
  }

  /** Overwrites a secret with zeros. */
  wipe(bytes: Uint8Array): void {
    bytes.fill(0);
  }
}
