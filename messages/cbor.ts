/**
 * CBOR (RFC 8949) as the messages use it: maps with text keys, arrays, texts,
 * integers, floats, booleans, null and undefined; no byte strings, which travel
 * as payload, no tags, no indefinite lengths, bounded depth. A scan refuses
 * everything else before the decoder sees it.
 *
 * @module
 */
import { Decoder, Encoder } from "cbor-x/encode";
import { LimitError, ProtocolError } from "../base/mod.ts";

/** Most levels of nesting in a message header. */
export const CBOR_DEPTH_MAX = 16;

/** Most bytes of one encoded header. */
export const CBOR_BYTES_MAX: number = 16 << 20;

/**
 * Most items of one header, keys and values counted apart: what the largest
 * cluster needs to name its engines. Decoded, an item may be ten times the
 * byte that it was.
 */
export const CBOR_ITEMS_MAX: number = 4 << 20;

/** Most lists and maps of one header, which weigh most. */
export const CBOR_CONTAINERS_MAX: number = 1 << 18;

/** Shorter headers cannot hold enough to matter. */
const COUNTED_BYTES_MIN = 64 << 10;

const encoder = new Encoder({
  useRecords: false,
  mapsAsObjects: true,
  tagUint8Array: false,
  variableMapSize: true,
});
const decoder = new Decoder({ useRecords: false, mapsAsObjects: true });

/** Encodes one value; the bytes are the caller's own. */
export function encodeCbor(value: unknown): Uint8Array {
  const pooled = encoder.encode(value);
  // The encoder hands out a view of a pool that its next call overwrites.
  return Uint8Array.prototype.slice.call(pooled);
}

/**
 * Decodes one value.
 *
 * @throws {ProtocolError} when the bytes are not CBOR as used here.
 * @throws {LimitError} when they are too long or nested too deeply.
 */
export function decodeCbor(bytes: Uint8Array): unknown {
  if (bytes.byteLength > CBOR_BYTES_MAX) {
    throw new LimitError(
      `Cannot read message: header of ${bytes.byteLength} bytes, at most ${CBOR_BYTES_MAX}`,
      { limit: "CBOR_BYTES_MAX" },
    );
  }
  const end = scan(bytes, 0, 0);
  if (end !== bytes.byteLength) {
    throw new ProtocolError("Cannot read message: bytes after its end");
  }
  if (bytes.byteLength >= COUNTED_BYTES_MIN) expectFewItems(bytes);
  try {
    return decoder.decode(bytes);
  } catch (cause) {
    throw new ProtocolError("Cannot read message: not valid CBOR", { cause });
  }
}

function bad(what: string): never {
  throw new ProtocolError(`Cannot read message: ${what}`);
}

/** Walks one item and returns the position behind it. */
function scan(bytes: Uint8Array, start: number, depth: number): number {
  let at = start;
  const initial = bytes[at++];
  if (initial === undefined) return bad("it ends too early");
  const major = initial >> 5;
  const info = initial & 31;
  if (major === 7) return at + simpleLength(info);
  if (info > 27) return bad("indefinite length");
  let argument = info;
  if (info > 23) {
    const width = 1 << (info - 24);
    if (at + width > bytes.byteLength) return bad("it ends too early");
    argument = 0;
    for (let i = 0; i < width; i++) {
      argument = argument * 256 + byteAt(bytes, at + i);
    }
    at += width;
  }
  switch (major) {
    case 0:
    case 1:
      return at;
    case 2:
      // Bytes travel as payload.
      return bad("byte strings are not used");
    case 3:
      if (argument > bytes.byteLength - at) return bad("it ends too early");
      return at + argument;
    case 4:
    case 5:
      return scanContainer(bytes, at, major === 5, argument, depth + 1);
    default:
      return bad("tags are not used");
  }
}

/** Counts the items of what has been scanned. */
function expectFewItems(bytes: Uint8Array): void {
  let items = 0;
  let containers = 0;
  for (let at = 0; at < bytes.byteLength;) {
    const initial = byteAt(bytes, at++);
    const major = initial >> 5;
    const info = initial & 31;
    let argument = info;
    if (info > 23) {
      const width = 1 << (info - 24);
      argument = 0;
      for (let i = 0; i < width; i++) {
        argument = argument * 256 + byteAt(bytes, at + i);
      }
      at += width;
    }
    if (major === 3) at += argument;
    if (major === 4 || major === 5) containers++;
    items++;
  }
  if (items <= CBOR_ITEMS_MAX && containers <= CBOR_CONTAINERS_MAX) return;
  throw new LimitError(
    `Cannot read message: ${items} items in ${containers} lists and maps, at most ${CBOR_ITEMS_MAX} in ${CBOR_CONTAINERS_MAX}`,
    {
      limit: items > CBOR_ITEMS_MAX ? "CBOR_ITEMS_MAX" : "CBOR_CONTAINERS_MAX",
    },
  );
}

function scanContainer(
  bytes: Uint8Array,
  start: number,
  isMap: boolean,
  length: number,
  depth: number,
): number {
  if (depth > CBOR_DEPTH_MAX) {
    throw new LimitError(
      `Cannot read message: nested deeper than ${CBOR_DEPTH_MAX} levels`,
      { limit: "CBOR_DEPTH_MAX" },
    );
  }
  if (length > bytes.byteLength - start) return bad("it ends too early");
  let at = start;
  for (let i = 0; i < length; i++) {
    if (isMap) {
      if (byteAt(bytes, at) >> 5 !== 3) return bad("a key is not a text");
      at = scan(bytes, at, depth);
    }
    at = scan(bytes, at, depth);
  }
  return at;
}

function simpleLength(info: number): number {
  if (info >= 20 && info <= 23) return 0;
  if (info >= 25 && info <= 27) return 1 << (info - 24);
  return bad("unknown simple value");
}

function byteAt(bytes: Uint8Array, at: number): number {
  return bytes[at] ?? bad("it ends too early");
}
