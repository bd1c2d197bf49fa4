/**
 * Sealing and opening runs of boxes: the hot path of an encrypted connection.
 *
 * @module
 */
import {
  type BoxCipher,
  KEY_BYTES,
  MAC_BYTES,
  NONCE_BYTES,
  NONCE_PREFIX_BYTES,
  SHORT_NONCE_BYTES,
} from "./crypto.ts";
import type { NativeBoxes } from "./native_boxes.ts";
import { expectBytes } from "./expect_bytes.ts";
import { type SodiumHeap, STAGING_BYTES } from "./sodium_heap.ts";

/** Bytes of a box besides its text, here: short nonce and mac. */
export const BOX_OVERHEAD_BYTES: number = SHORT_NONCE_BYTES + MAC_BYTES;

/**
 * The shortest text that native code gets. Both take 1.5 µs for it; below, the
 * call and its views cost more than WebAssembly takes in all.
 */
export const NATIVE_TEXT_BYTES_MIN = 512;

/**
 * A cipher for one direction of a connection. Neighbouring small boxes are
 * copied to libsodium's memory together, worked on there and copied back; large
 * ones go to native code in place, where it is loaded.
 */
export class SodiumBoxCipher implements BoxCipher {
  readonly #heap: SodiumHeap;
  readonly #native: NativeBoxes | undefined;
  readonly #key: Uint8Array;
  /** Prefix, then room for the short nonce, for native code. */
  readonly #nonce: Uint8Array = new Uint8Array(NONCE_BYTES);
  readonly #prefix: Uint8Array;
  /** The shortest text that WebAssembly does not get. */
  readonly #largeBytesMin: number;

  /** Copies the key and the nonce prefix. */
  constructor(
    heap: SodiumHeap,
    native: NativeBoxes | undefined,
    sharedKey: Uint8Array,
    noncePrefix: Uint8Array,
  ) {
    expectBytes("a shared key", sharedKey, KEY_BYTES);
    expectBytes("a nonce prefix", noncePrefix, NONCE_PREFIX_BYTES);
    this.#heap = heap;
    this.#native = native;
    this.#key = sharedKey.slice();
    this.#nonce.set(noncePrefix);
    this.#prefix = this.#nonce.subarray(0, NONCE_PREFIX_BYTES);
    this.#largeBytesMin = native === undefined
      ? Number.POSITIVE_INFINITY
      : NATIVE_TEXT_BYTES_MIN;
  }

  /** Seals the first `count` boxes. */
  seal(buffer: Uint8Array, boxes: Int32Array, count: number): void {
    checkBoxes(buffer, boxes, count);
    let index = 0;
    while (index < count) {
      const bytes = boxes[2 * index + 1] ?? 0;
      if (this.#native !== undefined && bytes >= this.#largeBytesMin) {
        const start = boxes[2 * index] ?? 0;
        const textStart = start + BOX_OVERHEAD_BYTES;
        this.#loadShortNonce(buffer, start);
        this.#native.seal(
          buffer.subarray(textStart, textStart + bytes),
          buffer.subarray(start + SHORT_NONCE_BYTES, textStart),
          this.#nonce,
          this.#key,
        );
        index++;
      } else {
        const end = this.#runEnd(boxes, index, count);
        index = this.#run(buffer, boxes, index, end, false);
        // libsodium seals whatever it is given; going on would be for ever.
        if (index < end) {
          throw new TypeError(`Cannot seal box ${index}: libsodium failed`);
        }
      }
    }
  }

  /** Opens the first `count` boxes, up to the first forged one. */
  open(buffer: Uint8Array, boxes: Int32Array, count: number): number {
    checkBoxes(buffer, boxes, count);
    let index = 0;
    while (index < count) {
      const bytes = boxes[2 * index + 1] ?? 0;
      if (this.#native !== undefined && bytes >= this.#largeBytesMin) {
        const start = boxes[2 * index] ?? 0;
        const textStart = start + BOX_OVERHEAD_BYTES;
        this.#loadShortNonce(buffer, start);
        const opened = this.#native.open(
          buffer.subarray(textStart, textStart + bytes),
          buffer.subarray(start + SHORT_NONCE_BYTES, textStart),
          this.#nonce,
          this.#key,
        );
        if (!opened) return index;
        index++;
      } else {
        const end = this.#runEnd(boxes, index, count);
        index = this.#run(buffer, boxes, index, end, true);
        if (index < end) return index;
      }
    }
    return count;
  }

  /** Where the run of boxes ends that fit into the staging area together. */
  #runEnd(boxes: Int32Array, first: number, count: number): number {
    const start = boxes[2 * first] ?? 0;
    let end = first + 1;
    while (end < count) {
      const bytes = boxes[2 * end + 1] ?? 0;
      if (bytes >= this.#largeBytesMin) break;
      const boxEnd = (boxes[2 * end] ?? 0) + BOX_OVERHEAD_BYTES + bytes;
      if (boxEnd - start > STAGING_BYTES) break;
      end++;
    }
    return end;
  }

  /** Works on the boxes from `first` to `end`; tells where it stopped. */
  #run(
    buffer: Uint8Array,
    boxes: Int32Array,
    first: number,
    end: number,
    opening: boolean,
  ): number {
    const start = boxes[2 * first] ?? 0;
    const stop = (boxes[2 * end - 2] ?? 0) + BOX_OVERHEAD_BYTES +
      (boxes[2 * end - 1] ?? 0);
    const area = this.#heap.claim(stop - start);
    try {
      // Claiming may have grown the memory, so its view is fetched only now.
      const bytes = this.#heap.bytes;
      this.#heap.load(this, this.#key, this.#prefix);
      bytes.set(buffer.subarray(start, stop), area);
      const reached = this.#work(
        bytes,
        area - start,
        boxes,
        first,
        end,
        opening,
      );
      buffer.set(bytes.subarray(area, area + stop - start), start);
      return reached;
    } finally {
      this.#heap.release(area);
    }
  }

  #work(
    bytes: Uint8Array,
    base: number,
    boxes: Int32Array,
    first: number,
    end: number,
    opening: boolean,
  ): number {
    const short = this.#heap.nonceAddress + NONCE_PREFIX_BYTES;
    for (let index = first; index < end; index++) {
      const nonce = base + (boxes[2 * index] ?? 0);
      const length = boxes[2 * index + 1] ?? 0;
      const mac = nonce + SHORT_NONCE_BYTES;
      const text = mac + MAC_BYTES;
      for (let byte = 0; byte < SHORT_NONCE_BYTES; byte++) {
        bytes[short + byte] = bytes[nonce + byte] ?? 0;
      }
      const done = opening
        ? this.#heap.openAt(mac, text, length)
        : this.#heap.sealAt(mac, text, length);
      if (!done) return index;
    }
    return end;
  }

  #loadShortNonce(buffer: Uint8Array, start: number): void {
    for (let byte = 0; byte < SHORT_NONCE_BYTES; byte++) {
      this.#nonce[NONCE_PREFIX_BYTES + byte] = buffer[start + byte] ?? 0;
    }
  }
}

/**
 * Sees that the boxes lie inside the buffer, in rising order. A wrong offset
 * would let libsodium write anywhere in its memory.
 */
function checkBoxes(
  buffer: Uint8Array,
  boxes: Int32Array,
  count: number,
): void {
  if (!(count >= 0 && 2 * count <= boxes.length)) {
    throw new RangeError(
      `Cannot use ${count} boxes: the table has room for ${boxes.length >> 1}`,
    );
  }
  let free = 0;
  for (let index = 0; index < count; index++) {
    const start = boxes[2 * index] ?? 0;
    const bytes = boxes[2 * index + 1] ?? 0;
    const stop = start + BOX_OVERHEAD_BYTES + bytes;
    if (start < free || bytes < 0 || stop > buffer.length) {
      throw new RangeError(
        `Cannot use box ${index} at ${start} with ${bytes} bytes of text: it leaves the buffer of ${buffer.length} bytes or overlaps the box before`,
      );
    }
    free = stop;
  }
}
