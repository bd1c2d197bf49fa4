/**
 * The cryptography that CURVE needs, behind one interface.
 *
 * @module
 */

/** A Curve25519 key pair. */
export interface KeyPair {
  /** The half to give away; 32 bytes. */
  readonly publicKey: Uint8Array;
  /** The half to keep; 32 bytes. */
  readonly secretKey: Uint8Array;
}

/**
 * Seals and opens many boxes inside one buffer, in place.
 *
 * A box lies in the buffer as `[short nonce 8][mac 16][text n]`. `boxes`
 * holds pairs of numbers: the offset of the short nonce, and `n`. The short
 * nonce bytes are already in the buffer and complete the 24-byte nonce:
 * prefix ‖ short nonce. Boxes lie in rising order and do not overlap; the
 * bytes between them are left as they are.
 */
export interface BoxCipher {
  /**
   * Seals the first `count` boxes.
   *
   * @throws {RangeError} when a box does not lie inside the buffer.
   */
  seal(buffer: Uint8Array, boxes: Int32Array, count: number): void;
  /**
   * Opens the first `count` boxes; what follows a forged one is undefined.
   *
   * @returns How many opened, in order: `count` when all did; the work stops
   * at the first forged one.
   * @throws {RangeError} when a box does not lie inside the buffer.
   */
  open(buffer: Uint8Array, boxes: Int32Array, count: number): number;
}

/** Bytes of a public key, a secret key and a shared key. */
export const KEY_BYTES = 32;
/** Bytes that authenticate a box. */
export const MAC_BYTES = 16;
/** Bytes of a whole nonce. */
export const NONCE_BYTES = 24;
/** Bytes of the nonce that a direction of a connection keeps. */
export const NONCE_PREFIX_BYTES = 16;
/** Bytes of the nonce that count, and travel with each box. */
export const SHORT_NONCE_BYTES = 8;

/** Curve25519 key agreement with XSalsa20-Poly1305 boxes. */
export interface CurveCrypto {
  /** Which implementation this is. */
  readonly name: "wasm" | "native";
  /** Makes a fresh key pair. */
  generateKeyPair(): KeyPair;
  /** The public key that belongs to a secret key. */
  publicKeyOf(secretKey: Uint8Array): Uint8Array;
  /** Bytes from the system's cryptographic source. */
  randomBytes(length: number): Uint8Array<ArrayBuffer>;
  /**
   * Seals a message for the owner of `publicKey` as mac ‖ ciphertext. For
   * handshakes: it computes the shared key each time.
   */
  box(
    message: Uint8Array,
    nonce: Uint8Array,
    publicKey: Uint8Array,
    secretKey: Uint8Array,
  ): Uint8Array;
  /** Opens what {@linkcode CurveCrypto.box} made, or gives `undefined`. */
  openBox(
    box: Uint8Array,
    nonce: Uint8Array,
    publicKey: Uint8Array,
    secretKey: Uint8Array,
  ): Uint8Array | undefined;
  /** Seals a message under a 32-byte key as mac ‖ ciphertext. */
  secretBox(
    message: Uint8Array,
    nonce: Uint8Array,
    key: Uint8Array,
  ): Uint8Array;
  /** Opens what {@linkcode CurveCrypto.secretBox} made, or `undefined`. */
  openSecretBox(
    box: Uint8Array,
    nonce: Uint8Array,
    key: Uint8Array,
  ): Uint8Array | undefined;
  /**
   * A cipher for one direction of a connection.
   *
   * @param sharedKey What {@linkcode CurveCrypto.beforeNm} gave; copied.
   * @param noncePrefix The first 16 of the 24 nonce bytes; copied.
   */
  cipher(sharedKey: Uint8Array, noncePrefix: Uint8Array): BoxCipher;
  /**
   * The key that two key pairs share.
   *
   * @throws {AuthenticationError} when the shared secret is all zeros.
   */
  beforeNm(publicKey: Uint8Array, secretKey: Uint8Array): Uint8Array;
  /** Whether two runs of bytes are the same, in constant time. */
  equal(a: Uint8Array, b: Uint8Array): boolean;
  /** Overwrites a secret with zeros. */
  wipe(bytes: Uint8Array): void;
}
