/**
 * Sealing and opening runs of boxes in WebAssembly: the hot path of an
 * encrypted connection where no native code is to be had.
 *
 * @module
 */
import {
  type BoxCipher,
  MAC_BYTES,
  NONCE_PREFIX_BYTES,
  SHORT_NONCE_BYTES,
} from "./crypto.ts";
import { BOX_OVERHEAD_BYTES, expectBoxes } from "./expect_boxes.ts";
import { type SodiumHeap, STAGING_BYTES } from "./sodium_heap.ts";

/**
 * A cipher for one direction of a connection. Neighbouring boxes are copied to
 * libsodium's memory together, worked on there and copied back.
 */
export class WasmBoxCipher implements BoxCipher {
  readonly #heap: SodiumHeap;
  readonly #key: Uint8Array;
  readonly #prefix: Uint8Array;

  /** Copies the key and the nonce prefix. */
  constructor(
    heap: SodiumHeap,
    sharedKey: Uint8Array,
    noncePrefix: Uint8Array,
  ) {
    this.#heap = heap;
    this.#key = sharedKey.slice();
    this.#prefix = noncePrefix.slice();
  }

  /** Seals the first `count` boxes. */
  seal(buffer: Uint8Array, boxes: Int32Array, count: number): void {
    expectBoxes(buffer, boxes, count);
    const sealed = this.#runs(buffer, boxes, count, false);
    // libsodium seals whatever it is given.
    if (sealed < count) {
      throw new TypeError(`Cannot seal box ${sealed}: libsodium failed`);
    }
  }

  /** Opens the first `count` boxes, up to the first forged one. */
  open(buffer: Uint8Array, boxes: Int32Array, count: number): number {
    expectBoxes(buffer, boxes, count);
    return this.#runs(buffer, boxes, count, true);
  }

  /** Works on all boxes, run by run; tells where it stopped. */
  #runs(
    buffer: Uint8Array,
    boxes: Int32Array,
    count: number,
    opening: boolean,
  ): number {
    let index = 0;
    while (index < count) {
      const end = runEnd(boxes, index, count);
      index = this.#run(buffer, boxes, index, end, opening);
      if (index < end) break;
    }
    return index;
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
}

/** Where the run of boxes ends that fit into the staging area together. */
function runEnd(boxes: Int32Array, first: number, count: number): number {
  const start = boxes[2 * first] ?? 0;
  let end = first + 1;
  while (end < count) {
    const boxEnd = (boxes[2 * end] ?? 0) + BOX_OVERHEAD_BYTES +
      (boxes[2 * end + 1] ?? 0);
    if (boxEnd - start > STAGING_BYTES) break;
    end++;
  }
  return end;
}
