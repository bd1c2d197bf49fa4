/**
 * Frames: one byte of flags, a length of one or eight bytes, a body.
 *
 * @module
 */

/** Another part of the same message follows. */
export const FLAG_MORE = 1;
/** The length takes eight bytes. */
export const FLAG_LONG = 2;
/** The body is a command, not a part of a message. */
export const FLAG_COMMAND = 4;
/** Bytes before the body of a short frame. */
export const SHORT_HEADER_BYTES = 2;
/** Bytes before the body of a long frame. */
export const LONG_HEADER_BYTES = 9;

const SHORT_BODY_BYTES_MAX = 255;
/** The upper half of the smallest length that is no safe integer. */
const UNSAFE_HIGH_HALF = 0x20_0000;

/** Bytes before a body of this length. */
export function frameHeaderBytes(bodyBytes: number): number {
  return bodyBytes > SHORT_BODY_BYTES_MAX
    ? LONG_HEADER_BYTES
    : SHORT_HEADER_BYTES;
}

/** Writes a frame's header; the offset of the body. */
export function writeFrameHeader(
  target: Uint8Array,
  at: number,
  flags: number,
  bodyBytes: number,
): number {
  if (bodyBytes <= SHORT_BODY_BYTES_MAX) {
    target[at] = flags;
    target[at + 1] = bodyBytes;
    return at + SHORT_HEADER_BYTES;
  }
  target[at] = flags | FLAG_LONG;
  writeUint64(target, at + 1, bodyBytes);
  return at + LONG_HEADER_BYTES;
}

/** A whole frame in bytes of its own. */
export function encodeFrame(
  flags: number,
  body: Uint8Array,
): Uint8Array<ArrayBuffer> {
  const head = frameHeaderBytes(body.byteLength);
  const frame = new Uint8Array(head + body.byteLength);
  frame.set(body, writeFrameHeader(frame, 0, flags, body.byteLength));
  return frame;
}

/** Writes a safe integer as eight bytes, the most significant first. */
export function writeUint64(
  target: Uint8Array,
  at: number,
  value: number,
): void {
  writeUint32(target, at, Math.floor(value / 0x1_0000_0000));
  writeUint32(target, at + 4, value >>> 0);
}

/** Reads eight bytes; `Infinity` for what is no safe integer. */
export function readUint64(source: Uint8Array, at: number): number {
  const high = readUint32(source, at);
  if (high >= UNSAFE_HIGH_HALF) return Infinity;
  return high * 0x1_0000_0000 + readUint32(source, at + 4);
}

/** Writes four bytes, the most significant first. */
export function writeUint32(
  target: Uint8Array,
  at: number,
  value: number,
): void {
  target[at] = value >>> 24;
  target[at + 1] = value >>> 16;
  target[at + 2] = value >>> 8;
  target[at + 3] = value;
}

/** Reads four bytes, the most significant first. */
export function readUint32(source: Uint8Array, at: number): number {
  return ((byteAt(source, at) << 24) | (byteAt(source, at + 1) << 16) |
    (byteAt(source, at + 2) << 8) | byteAt(source, at + 3)) >>> 0;
}

/** The byte at an offset that the caller knows to be inside. */
export function byteAt(source: Uint8Array, at: number): number {
  return source[at] ?? 0;
}
