/**
 * Parts of a payload as one piece of bytes, to be kept.
 *
 * @module
 */
import { bytesOf, ProtocolError, SharedRoom } from "../base/mod.ts";

/** Where small ones lie: those of tasks that end together are kept together. */
const room = new SharedRoom();

/**
 * Puts parts together: their number, their lengths, and themselves. The
 * bytes are copied, so that no part keeps the frame alive that it came in.
 */
export function packParts(parts: readonly Uint8Array[]): Uint8Array {
  const head = 4 * (parts.length + 1);
  const packed = room.take(head + bytesOf(parts));
  setUint32(packed, 0, parts.length);
  let at = head;
  for (let index = 0; index < parts.length; index++) {
    const part = parts[index];
    if (part === undefined) continue;
    setUint32(packed, 4 * (index + 1), part.byteLength);
    packed.set(part, at);
    at += part.byteLength;
  }
  return packed;
}

/** Without a view, of which there would be one for each task. */
function setUint32(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value;
  bytes[at + 1] = value >>> 8;
  bytes[at + 2] = value >>> 16;
  bytes[at + 3] = value >>> 24;
}

/**
 * Takes apart what {@linkcode packParts} made; the parts are views.
 *
 * @throws {ProtocolError} when it is something else.
 */
export function unpackParts(packed: Uint8Array): Uint8Array[] {
  const view = new DataView(
    packed.buffer,
    packed.byteOffset,
    packed.byteLength,
  );
  const count = packed.byteLength >= 4 ? view.getUint32(0, true) : Infinity;
  let at = 4 * (count + 1);
  if (!(at <= packed.byteLength)) throw broken();
  const parts: Uint8Array[] = [];
  for (let index = 0; index < count; index++) {
    const length = view.getUint32(4 * (index + 1), true);
    parts.push(packed.subarray(at, at + length));
    at += length;
  }
  if (at !== packed.byteLength) throw broken();
  return parts;
}

function broken(): ProtocolError {
  return new ProtocolError("Cannot read kept bytes: their lengths are wrong");
}
