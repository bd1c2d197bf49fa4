/**
 * Sealing and opening runs of boxes where they are, by native code: the hot
 * path of an encrypted connection.
 *
 * @module
 */
import {
  type BoxCipher,
  NONCE_BYTES,
  NONCE_PREFIX_BYTES,
  SHORT_NONCE_BYTES,
} from "./crypto.ts";
import { BOX_OVERHEAD_BYTES, expectBoxes } from "./expect_boxes.ts";
import type { NativeSodium } from "./native_sodium.ts";

/** A cipher for one direction of a connection. */
export class NativeBoxCipher implements BoxCipher {
  readonly #sodium: NativeSodium;
  readonly #key: Uint8Array;
  /** Prefix, then room for the short nonce. */
  readonly #nonce: Uint8Array = new Uint8Array(NONCE_BYTES);

  /** Copies the key and the nonce prefix. */
  constructor(
    sodium: NativeSodium,
    sharedKey: Uint8Array,
    noncePrefix: Uint8Array,
  ) {
    this.#sodium = sodium;
    this.#key = sharedKey.slice();
    this.#nonce.set(noncePrefix);
  }

  /** Seals the first `count` boxes. */
  seal(buffer: Uint8Array, boxes: Int32Array, count: number): void {
    expectBoxes(buffer, boxes, count);
    for (let index = 0; index < count; index++) {
      const start = boxes[2 * index] ?? 0;
      const text = start + BOX_OVERHEAD_BYTES;
      const end = text + (boxes[2 * index + 1] ?? 0);
      this.#loadShortNonce(buffer, start);
      this.#sodium.sealInto(
        buffer.subarray(start + SHORT_NONCE_BYTES, end),
        buffer.subarray(text, end),
        this.#nonce,
        this.#key,
      );
    }
  }

  /** Opens the first `count` boxes, up to the first forged one. */
  open(buffer: Uint8Array, boxes: Int32Array, count: number): number {
    expectBoxes(buffer, boxes, count);
    for (let index = 0; index < count; index++) {
      const start = boxes[2 * index] ?? 0;
      const text = start + BOX_OVERHEAD_BYTES;
      const end = text + (boxes[2 * index + 1] ?? 0);
      this.#loadShortNonce(buffer, start);
      const opened = this.#sodium.openInto(
        buffer.subarray(text, end),
        buffer.subarray(start + SHORT_NONCE_BYTES, end),
        this.#nonce,
        this.#key,
      );
      if (!opened) return index;
    }
    return count;
  }

  #loadShortNonce(buffer: Uint8Array, start: number): void {
    for (let byte = 0; byte < SHORT_NONCE_BYTES; byte++) {
      this.#nonce[NONCE_PREFIX_BYTES + byte] = buffer[start + byte] ?? 0;
    }
  }
}
