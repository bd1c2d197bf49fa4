/**
 * Pictures as PNG files.
 *
 * @module
 */
import { crc32, deflateSync } from "node:zlib";

/** Bits of a channel; red, green and blue without transparency. */
const DEPTH = 8;
const TRUE_COLOUR = 2;
const CHANNELS = 3;

/** Encodes red, green and blue bytes, row by row. */
export function encodePng(
  width: number,
  height: number,
  pixels: Uint8Array,
): Uint8Array<ArrayBuffer> {
  const stride = width * CHANNELS;
  if (pixels.length !== stride * height) {
    throw new RangeError(
      `Cannot encode ${pixels.length} bytes: ${width} by ${height} pixels need ${
        stride * height
      }`,
    );
  }
  // Each row begins with the number of its filter, here none.
  const rows = new Uint8Array((stride + 1) * height);
  for (let y = 0; y < height; y++) {
    const row = pixels.subarray(y * stride, (y + 1) * stride);
    rows.set(row, y * (stride + 1) + 1);
  }
  const header = new DataView(new ArrayBuffer(13));
  header.setUint32(0, width);
  header.setUint32(4, height);
  header.setUint8(8, DEPTH);
  header.setUint8(9, TRUE_COLOUR);
  return joined([
    Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a),
    chunk("IHDR", new Uint8Array(header.buffer)),
    chunk("IDAT", deflateSync(rows)),
    chunk("IEND", new Uint8Array()),
  ]);
}

/** A chunk: length, type, data, checksum of type and data. */
function chunk(type: string, data: Uint8Array): Uint8Array {
  const body = joined([new TextEncoder().encode(type), data]);
  const frame = new DataView(new ArrayBuffer(4));
  frame.setUint32(0, data.length);
  const end = new DataView(new ArrayBuffer(4));
  end.setUint32(0, crc32(body));
  return joined([
    new Uint8Array(frame.buffer),
    body,
    new Uint8Array(end.buffer),
  ]);
}

function joined(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  const bytes = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}
