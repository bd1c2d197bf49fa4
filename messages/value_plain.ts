/**
 * Small plain values: primitives, and arrays of primitives, in the format of
 * V8's serializer byte by byte, without the serializer. Making one costs more
 * than most calls carry.
 *
 * @module
 */

/** Longer encodings are left to the serializer, which is faster there. */
export const PLAIN_BYTES_MAX = 1024;

/** What {@linkcode readPlain} gives for everything else. */
export const NOT_PLAIN: unique symbol = Symbol("not plain");

// The tags of v8/src/objects/value-serializer.cc, format version 15.
const VERSION_TAG = 0xff;
const VERSION = 15;
const UNDEFINED = 0x5f; // _
const NULL = 0x30; // 0
const TRUE = 0x54; // T
const FALSE = 0x46; // F
const INT32 = 0x49; // I, zigzag varint
const DOUBLE = 0x4e; // N, 8 bytes
const ONE_BYTE_STRING = 0x22; // ", varint length, Latin-1
const BEGIN_DENSE_ARRAY = 0x41; // A, varint length
const END_DENSE_ARRAY = 0x24; // $, varint properties, varint length

/** Longest encoding of one item but a string: a tag and a double. */
const ITEM_BYTES_MAX = 9;

// On engines user code may replace the globals; what is used later is kept.
const { isArray } = Array;
const { getPrototypeOf, hasOwn, is, keys } = Object;
const ARRAY_PROTOTYPE = Array.prototype;
const { fromCharCode } = String;

const scratch = new Uint8Array(PLAIN_BYTES_MAX + 16);
const double = new Float64Array(1);
const doubleBytes = new Uint8Array(double.buffer);
/** Where writing or reading is; both run to their end without a pause. */
const cursor = { at: 0 };

function writeVarint(value: number): void {
  let rest = value;
  while (rest >= 0x80) {
    scratch[cursor.at++] = (rest & 0x7f) | 0x80;
    rest >>>= 7;
  }
  scratch[cursor.at++] = rest;
}

function writeNumber(value: number): void {
  if ((value | 0) === value && !is(value, -0)) {
    scratch[cursor.at++] = INT32;
    writeVarint(((value << 1) ^ (value >> 31)) >>> 0);
    return;
  }
  scratch[cursor.at++] = DOUBLE;
  double[0] = value;
  for (let byte = 0; byte < 8; byte++) {
    scratch[cursor.at++] = doubleBytes[byte] ?? 0;
  }
}

function writeText(value: string): boolean {
  const { length } = value;
  if (cursor.at + length + 3 > PLAIN_BYTES_MAX) return false;
  scratch[cursor.at++] = ONE_BYTE_STRING;
  writeVarint(length);
  for (let index = 0; index < length; index++) {
    const unit = value.charCodeAt(index);
    if (unit > 0xff) return false;
    scratch[cursor.at++] = unit;
  }
  return true;
}

/** Writes a primitive; false for what needs the serializer. */
function writePrimitive(value: unknown): boolean {
  if (cursor.at + ITEM_BYTES_MAX > PLAIN_BYTES_MAX) return false;
  switch (typeof value) {
    case "number":
      writeNumber(value);
      return true;
    case "string":
      return writeText(value);
    case "undefined":
      scratch[cursor.at++] = UNDEFINED;
      return true;
    case "boolean":
      scratch[cursor.at++] = value ? TRUE : FALSE;
      return true;
    default:
      if (value !== null) return false;
      scratch[cursor.at++] = NULL;
      return true;
  }
}

/** Writes an array without holes and without properties of its own. */
function writeArray(items: readonly unknown[]): boolean {
  const { length } = items;
  if (length > PLAIN_BYTES_MAX) return false;
  if (getPrototypeOf(items) !== ARRAY_PROTOTYPE) return false;
  scratch[cursor.at++] = BEGIN_DENSE_ARRAY;
  writeVarint(length);
  for (let index = 0; index < length; index++) {
    const item = items[index];
    if (item === undefined && !hasOwn(items, index)) return false;
    if (!writePrimitive(item)) return false;
  }
  if (cursor.at + ITEM_BYTES_MAX > PLAIN_BYTES_MAX) return false;
  scratch[cursor.at++] = END_DENSE_ARRAY;
  scratch[cursor.at++] = 0;
  writeVarint(length);
  // Last, since it takes longer than the items of a list that is too long.
  return keys(items).length === length;
}

/**
 * Encodes a primitive or an array of primitives as the serializer would;
 * `undefined` for everything else, and for what is long.
 */
export function writePlain(value: unknown): Uint8Array | undefined {
  cursor.at = 2;
  scratch[0] = VERSION_TAG;
  scratch[1] = VERSION;
  const isWritten = isArray(value) ? writeArray(value) : writePrimitive(value);
  return isWritten ? scratch.slice(0, cursor.at) : undefined;
}

function readVarint(bytes: Uint8Array): number {
  let value = 0;
  for (let shift = 0; shift < 35; shift += 7) {
    const byte = bytes[cursor.at++];
    if (byte === undefined) return -1;
    value += (byte & 0x7f) * 2 ** shift;
    if (byte < 0x80) return value;
  }
  return -1;
}

function readNumber(bytes: Uint8Array): number {
  for (let byte = 0; byte < 8; byte++) {
    doubleBytes[byte] = bytes[cursor.at + byte] ?? 0;
  }
  cursor.at += 8;
  return double[0] ?? 0;
}

function readText(bytes: Uint8Array): string | typeof NOT_PLAIN {
  const length = readVarint(bytes);
  if (length < 0 || cursor.at + length > bytes.length) return NOT_PLAIN;
  let value = "";
  for (const end = cursor.at + length; cursor.at < end; cursor.at++) {
    value += fromCharCode(bytes[cursor.at] ?? 0);
  }
  return value;
}

function readPrimitive(bytes: Uint8Array): unknown {
  switch (bytes[cursor.at++]) {
    case INT32: {
      const zigzag = readVarint(bytes);
      if (zigzag < 0 || zigzag > 0xffffffff) return NOT_PLAIN;
      return (zigzag >>> 1) ^ -(zigzag & 1);
    }
    case DOUBLE:
      return cursor.at + 8 > bytes.length ? NOT_PLAIN : readNumber(bytes);
    case ONE_BYTE_STRING:
      return readText(bytes);
    case UNDEFINED:
      return undefined;
    case NULL:
      return null;
    case TRUE:
      return true;
    case FALSE:
      return false;
    default:
      return NOT_PLAIN;
  }
}

function readArray(bytes: Uint8Array): unknown {
  const length = readVarint(bytes);
  // Each item has one byte at least.
  if (length < 0 || length > bytes.length) return NOT_PLAIN;
  const items: unknown[] = [];
  for (let index = 0; index < length; index++) {
    const item = readPrimitive(bytes);
    if (item === NOT_PLAIN) return NOT_PLAIN;
    items[index] = item;
  }
  const isEnded = bytes[cursor.at++] === END_DENSE_ARRAY &&
    readVarint(bytes) === 0 && readVarint(bytes) === length;
  return isEnded ? items : NOT_PLAIN;
}

/**
 * Decodes what {@linkcode writePlain} made; {@linkcode NOT_PLAIN} for
 * anything else, which is then for the deserializer to judge.
 */
export function readPlain(bytes: Uint8Array): unknown {
  if (
    bytes.length > PLAIN_BYTES_MAX || bytes[0] !== VERSION_TAG ||
    bytes[1] !== VERSION
  ) return NOT_PLAIN;
  cursor.at = 2;
  if (bytes[2] !== BEGIN_DENSE_ARRAY) return whole(bytes, readPrimitive(bytes));
  cursor.at = 3;
  return whole(bytes, readArray(bytes));
}

function whole(bytes: Uint8Array, value: unknown): unknown {
  return cursor.at === bytes.length ? value : NOT_PLAIN;
}
