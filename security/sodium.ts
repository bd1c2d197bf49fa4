/**
 * What the cryptography of CURVE is made of, whichever build of libsodium
 * does it. Private to this folder.
 *
 * @module
 */

/** The operations of libsodium that handshakes need. */
export interface Sodium {
  /**
   * The public key of a secret key.
   *
   * @throws {RangeError} when the key has a wrong length.
   */
  publicKeyOf(secretKey: Uint8Array): Uint8Array<ArrayBuffer>;
  /**
   * The key two pairs share, or `undefined` for an all-zero secret.
   *
   * @throws {RangeError} when a key has a wrong length.
   */
  agree(
    publicKey: Uint8Array,
    secretKey: Uint8Array,
  ): Uint8Array<ArrayBuffer> | undefined;
  /**
   * Seals one message as mac ‖ ciphertext.
   *
   * @throws {RangeError} when the nonce or the key has a wrong length.
   */
  seal(
    message: Uint8Array,
    nonce: Uint8Array,
    key: Uint8Array,
  ): Uint8Array<ArrayBuffer>;
  /**
   * Opens mac ‖ ciphertext, or gives `undefined` when it is forged.
   *
   * @throws {RangeError} when the nonce or the key has a wrong length.
   */
  open(
    box: Uint8Array,
    nonce: Uint8Array,
    key: Uint8Array,
  ): Uint8Array<ArrayBuffer> | undefined;
}
