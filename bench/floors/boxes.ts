/**
 * Boxes as a connection of ippd has them, with a key that needs no handshake.
 *
 * @module
 */
import assert from "node:assert/strict";
import {
  type BoxCipher,
  KEY_BYTES,
  loadCurveCrypto,
  MAC_BYTES,
  NONCE_PREFIX_BYTES,
  SHORT_NONCE_BYTES,
} from "../../security/mod.ts";

/** Who computes: nobody, native code, or WebAssembly. */
export type Boxing = "plain" | "native" | "wasm";

/** Bytes of a message besides its text, whether or not it is boxed. */
export const BOX_BYTES: number = SHORT_NONCE_BYTES + MAC_BYTES;

/** What one end of a connection does with its messages. */
export interface Boxes {
  /** Seals messages that lie one behind the other, in place. */
  seal(messages: Uint8Array): void;
  /** Opens such messages; throws when one is forged. */
  open(messages: Uint8Array): void;
}

const PLAIN: Boxes = { seal() {}, open() {} };

/** Reads the name of a boxing. */
export function parseBoxing(text: string | undefined): Boxing {
  if (text === "plain" || text === "native" || text === "wasm") return text;
  throw new Error(`Cannot box in the way of the name ${text}`);
}

/** Makes ends of connections whose messages have so many bytes in all. */
export async function boxesOf(
  boxing: Boxing,
  size: number,
): Promise<() => Boxes> {
  if (boxing === "plain") return () => PLAIN;
  const native = boxing === "native" ? "required" : "off";
  const crypto = await loadCurveCrypto({ native });
  const key = new Uint8Array(KEY_BYTES).fill(7);
  const prefix = new Uint8Array(NONCE_PREFIX_BYTES);
  return () => new CipherBoxes(crypto.cipher(key, prefix), size);
}

class CipherBoxes implements Boxes {
  readonly #cipher: BoxCipher;
  readonly #size: number;
  /** Where each message begins, and how long its text is. */
  #places = new Int32Array(0);
  #nonce = 0;

  constructor(cipher: BoxCipher, size: number) {
    this.#cipher = cipher;
    this.#size = size;
  }

  seal(messages: Uint8Array): void {
    const count = this.#place(messages);
    for (let index = 0; index < count; index++) {
      let nonce = ++this.#nonce;
      const start = index * this.#size;
      for (let byte = start + SHORT_NONCE_BYTES - 1; byte >= start; byte--) {
        messages[byte] = nonce & 0xff;
        nonce = Math.floor(nonce / 256);
      }
    }
    this.#cipher.seal(messages, this.#places, count);
  }

  open(messages: Uint8Array): void {
    const count = this.#place(messages);
    const opened = this.#cipher.open(messages, this.#places, count);
    assert.equal(opened, count, "Cannot open a box");
  }

  /** Says where the messages lie, and how many there are. */
  #place(messages: Uint8Array): number {
    const count = messages.length / this.#size;
    if (this.#places.length < 2 * count) {
      this.#places = Int32Array.from(
        { length: 2 * count },
        (_, at) => at % 2 === 0 ? at / 2 * this.#size : this.#size - BOX_BYTES,
      );
    }
    return count;
  }
}
