/**
 * Where boxes may lie in a buffer: one check that all ciphers need.
 *
 * @module
 */
import { MAC_BYTES, SHORT_NONCE_BYTES } from "./crypto.ts";

/** Bytes of a box besides its text, in a buffer: short nonce and mac. */
export const BOX_OVERHEAD_BYTES: number = SHORT_NONCE_BYTES + MAC_BYTES;

/**
 * Sees that the boxes lie inside the buffer, in rising order. A wrong offset
 * would let libsodium write where it must not.
 *
 * @throws {RangeError} when one does not.
 */
export function expectBoxes(
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
