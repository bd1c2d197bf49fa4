/**
 * Values as CBOR, with the shortest heads and no tags.
 *
 * @module
 */

/** Enough for the headers of single messages. */
const ROOM_BYTES_MIN = 4 << 10;
/** What is kept for the next value when one was larger. */
const ROOM_BYTES_KEPT: number = 256 << 10;
/** Longer texts are handed to the runtime, whose call costs more than these. */
const SHORT_TEXT_UNITS = 200;
/** UTF-8 needs at most so many bytes for a UTF-16 unit. */
const BYTES_PER_UNIT = 3;
/** The longest head, and any number. */
export const LONGEST_HEAD_BYTES = 9;
const UINT32_END = 2 ** 32;

const FALSE = 0xf4;
const TRUE = 0xf5;
const NULL = 0xf6;
const UNDEFINED = 0xf7;
const FLOAT64 = 0xfb;

const MAJOR_COUNT = 0x00;
const MAJOR_NEGATIVE = 0x20;
/** Major type of a text. */
export const MAJOR_TEXT = 0x60;
/** Major type of a list. */
export const MAJOR_ARRAY = 0x80;
/** Major type of a map. */
export const MAJOR_MAP = 0xa0;

const utf8 = new TextEncoder();

/**
 * Writes the head of an item, of which an argument is less than 2^32, where
 * there is room for it; gives where the item goes on.
 */
export function writeHead(
  bytes: Uint8Array,
  at: number,
  major: number,
  argument: number,
): number {
  if (argument < 24) {
    bytes[at] = major | argument;
    return at + 1;
  }
  if (argument < 0x100) {
    bytes[at] = major | 24;
    bytes[at + 1] = argument;
    return at + 2;
  }
  if (argument < 0x10000) {
    bytes[at] = major | 25;
    bytes[at + 1] = argument >> 8;
    bytes[at + 2] = argument;
    return at + 3;
  }
  bytes[at] = major | 26;
  bytes[at + 1] = argument >>> 24;
  bytes[at + 2] = argument >>> 16;
  bytes[at + 3] = argument >>> 8;
  bytes[at + 4] = argument;
  return at + 5;
}

/** Writes one value after another into memory of its own. */
export class CborWriter {
  #bytes = new Uint8Array(ROOM_BYTES_MIN);
  #view = new DataView(this.#bytes.buffer);
  #at = 0;

  /** What a value looks like; good until the next one is written. */
  write(value: unknown): Uint8Array {
    if (this.#bytes.byteLength > ROOM_BYTES_KEPT) this.#take(ROOM_BYTES_MIN);
    this.#at = 0;
    this.#value(value);
    return this.#bytes.subarray(0, this.#at);
  }

  #value(value: unknown): void {
    switch (typeof value) {
      case "string":
        return this.#text(value);
      case "number":
        return this.#number(value);
      case "boolean":
        return this.#byte(value ? TRUE : FALSE);
      case "undefined":
        return this.#byte(UNDEFINED);
      case "object":
        if (value === null) return this.#byte(NULL);
        if (Array.isArray(value)) return this.#array(value);
        return this.#map(value as Readonly<Record<string, unknown>>);
      default:
        throw new TypeError(`Cannot encode ${typeof value}`);
    }
  }

  #array(items: readonly unknown[]): void {
    this.#head(MAJOR_ARRAY, items.length);
    for (let index = 0; index < items.length; index++) {
      this.#value(items[index]);
    }
  }

  #map(fields: Readonly<Record<string, unknown>>): void {
    const names = Object.keys(fields);
    this.#head(MAJOR_MAP, names.length);
    for (let index = 0; index < names.length; index++) {
      const name = names[index] ?? "";
      this.#text(name);
      this.#value(fields[name]);
    }
  }

  #number(value: number): void {
    if (value >>> 0 === value && !Object.is(value, -0)) {
      return this.#head(MAJOR_COUNT, value);
    }
    if (value < 0 && value >= -UINT32_END && Number.isInteger(value)) {
      return this.#head(MAJOR_NEGATIVE, -1 - value);
    }
    this.#room(LONGEST_HEAD_BYTES);
    this.#bytes[this.#at] = FLOAT64;
    this.#view.setFloat64(this.#at + 1, value);
    this.#at += LONGEST_HEAD_BYTES;
  }

  #text(text: string): void {
    const { length } = text;
    this.#room(LONGEST_HEAD_BYTES + BYTES_PER_UNIT * length);
    const start = this.#at;
    this.#head(MAJOR_TEXT, length);
    if (length > SHORT_TEXT_UNITS) return this.#anyText(text, start);
    const bytes = this.#bytes;
    const at = this.#at;
    for (let index = 0; index < length; index++) {
      const unit = text.charCodeAt(index);
      if (unit > 0x7f) return this.#anyText(text, start);
      bytes[at + index] = unit;
    }
    this.#at = at + length;
  }

  /** A text of any kind; there is room for it. */
  #anyText(text: string, start: number): void {
    const head = start + LONGEST_HEAD_BYTES;
    const { written } = utf8.encodeInto(text, this.#bytes.subarray(head));
    this.#at = start;
    this.#head(MAJOR_TEXT, written);
    this.#bytes.copyWithin(this.#at, head, head + written);
    this.#at += written;
  }

  #head(major: number, argument: number): void {
    this.#room(LONGEST_HEAD_BYTES);
    this.#at = writeHead(this.#bytes, this.#at, major, argument);
  }

  #byte(byte: number): void {
    this.#room(1);
    this.#bytes[this.#at++] = byte;
  }

  #room(bytes: number): void {
    const needed = this.#at + bytes;
    if (needed > this.#bytes.byteLength) this.#grow(needed);
  }

  #grow(needed: number): void {
    const bytes = this.#bytes;
    this.#take(Math.max(needed, 2 * bytes.byteLength));
    this.#bytes.set(bytes.subarray(0, this.#at));
  }

  #take(bytes: number): void {
    this.#bytes = new Uint8Array(bytes);
    this.#view = new DataView(this.#bytes.buffer);
  }
}
