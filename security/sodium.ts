/**
 * What the cryptography of CURVE is made of, whichever build of libsodium
 * does it. Private to this folder.
 *
 * @module
 */

/**
 * The operations of libsodium that handshakes need. Lengths are the caller's
 * business: keys have 32 bytes, nonces 24, boxes 16 or more.
 */
export interface Sodium {
  /** The public key of a secret key. */
  publicKeyOf(secretKey: Uint8Array): Uint8Array<ArrayBuffer>;
  /** The key two pairs share, or `undefined` for an all-zero secret. */
  agree(
    publicKey: Uint8Array,
    secretKey: Uint8Array,
  ): Uint8Array<ArrayBuffer> | undefined;
  /** Seals one message as mac ‖ ciphertext. */
  seal(
    message: Uint8Array,
    nonce: Uint8Array,
    key: Uint8Array,
  ): Uint8Array<ArrayBuffer>;
  /** Opens mac ‖ ciphertext, or gives `undefined` when it is forged. */
  open(
    box: Uint8Array,
    nonce: Uint8Array,
    key: Uint8Array,
  ): Uint8Array<ArrayBuffer> | undefined;
}
