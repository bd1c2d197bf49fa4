/**
 * CBOR as values; whatever the messages do not use is refused.
 *
 * @module
 */
import { LimitError, ProtocolError } from "../base/mod.ts";
import { TextTable } from "./text_table.ts";

/** Most levels of nesting in a message header. */
export const CBOR_DEPTH_MAX = 16;

/**
 * Most items of one header, keys and values counted apart: what the largest
 * cluster needs to name its engines. Decoded, an item may be ten times the
 * byte that it was.
 */
export const CBOR_ITEMS_MAX: number = 4 << 20;

/** Most lists and maps of one header, which weigh most. */
export const CBOR_CONTAINERS_MAX: number = 1 << 18;

/** Longer texts are handed to the runtime, whose call costs more than these. */
const SHORT_TEXT_BYTES = 96;
/** Texts that are not longer are mostly words that come again and again. */
const WORD_BYTES = 16;
const UINT32_END = 2 ** 32;
/** What would set the prototype of what is read. */
const PROTOTYPE = "__proto__";

const utf8 = new TextDecoder("utf-8", { ignoreBOM: true });
const texts = new TextTable();
/** Where a float is read; reading one does not pause. */
const float = new DataView(new ArrayBuffer(8));
const floatBytes = new Uint8Array(float.buffer);

/** Reads one value of some bytes. */
export class CborReader {
  readonly #bytes: Uint8Array;
  #at = 0;
  #depth = 0;
  #items = 1;
  #containers = 0;

  /** Begins at the start. */
  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  /** Whether nothing is left to be read. */
  get isAtEnd(): boolean {
    return this.#at === this.#bytes.byteLength;
  }

  /**
   * Reads the next value.
   *
   * @throws {ProtocolError} when the bytes are not CBOR as used here.
   * @throws {LimitError} when a limit is exceeded.
   */
  read(): unknown {
    const initial = this.#next();
    const major = initial >> 5;
    if (major === 7) return this.#simple(initial & 31);
    const argument = this.#argument(initial & 31);
    switch (major) {
      case 0:
        return argument;
      case 1:
        return -1 - argument;
      case 2:
        // Bytes travel as payload.
        return bad("byte strings are not used");
      case 3:
        return this.#text(argument);
      case 4:
        return this.#array(argument);
      case 5:
        return this.#map(argument);
      default:
        return bad("tags are not used");
    }
  }

  #next(): number {
    return this.#bytes[this.#at++] ?? bad("it ends too early");
  }

  #argument(info: number): number {
    if (info < 24) return info;
    if (info === 24) return this.#next();
    if (info === 25) return this.#next() << 8 | this.#next();
    if (info === 26) return this.#uint32();
    if (info === 27) return this.#uint32() * UINT32_END + this.#uint32();
    return bad("indefinite length");
  }

  #uint32(): number {
    const high = this.#next() << 8 | this.#next();
    return high * 0x10000 + (this.#next() << 8 | this.#next());
  }

  #simple(info: number): unknown {
    switch (info) {
      case 20:
        return false;
      case 21:
        return true;
      case 22:
        return null;
      case 23:
        return undefined;
      case 25:
      case 26:
      case 27:
        return this.#float(1 << (info - 24));
      default:
        return bad("unknown simple value");
    }
  }

  #float(width: number): number {
    const at = this.#at;
    const bytes = this.#bytes;
    if (at + width > bytes.byteLength) return bad("it ends too early");
    this.#at = at + width;
    for (let index = 0; index < width; index++) {
      floatBytes[index] = bytes[at + index] ?? 0;
    }
    if (width === 8) return float.getFloat64(0);
    return width === 4 ? float.getFloat32(0) : float.getFloat16(0);
  }

  #text(length: number): string {
    const at = this.#at;
    if (length > this.#bytes.byteLength - at) return bad("it ends too early");
    this.#at = at + length;
    if (length <= WORD_BYTES) {
      const known = texts.find(this.#bytes, at, length);
      if (known !== undefined) return known;
    }
    const text = this.#shortText(at, length) ??
      utf8.decode(this.#bytes.subarray(at, at + length));
    if (length <= WORD_BYTES) texts.keep(this.#bytes, at, length, text);
    return text;
  }

  /** A text of which every byte is a character; not every one is such. */
  #shortText(at: number, length: number): string | undefined {
    if (length > SHORT_TEXT_BYTES) return undefined;
    const bytes = this.#bytes;
    const units: number[] = new Array(length);
    for (let index = 0; index < length; index++) {
      const unit = bytes[at + index] ?? 0;
      if (unit > 0x7f) return undefined;
      units[index] = unit;
    }
    return String.fromCharCode.apply(undefined, units);
  }

  #array(length: number): unknown[] {
    this.#enter(length, length);
    const items: unknown[] = new Array(length);
    for (let index = 0; index < length; index++) items[index] = this.read();
    this.#depth--;
    return items;
  }

  #map(length: number): Record<string, unknown> {
    this.#enter(length, 2 * length);
    const fields: Record<string, unknown> = {};
    for (let index = 0; index < length; index++) {
      const name = this.#name();
      const value = this.read();
      if (name !== PROTOTYPE) fields[name] = value;
    }
    this.#depth--;
    return fields;
  }

  /**
   * Goes into a list or a map. Each of its items has at least a byte; all are
   * counted before there is room for any.
   */
  #enter(length: number, items: number): void {
    if (++this.#depth > CBOR_DEPTH_MAX) {
      throw new LimitError(
        `Cannot read message: nested deeper than ${CBOR_DEPTH_MAX} levels`,
        { limit: "CBOR_DEPTH_MAX" },
      );
    }
    if (length > this.#bytes.byteLength - this.#at) bad("it ends too early");
    this.#items += items;
    if (this.#items > CBOR_ITEMS_MAX) {
      throw new LimitError(
        `Cannot read message: ${this.#items} items, at most ${CBOR_ITEMS_MAX}`,
        { limit: "CBOR_ITEMS_MAX" },
      );
    }
    if (++this.#containers > CBOR_CONTAINERS_MAX) {
      throw new LimitError(
        `Cannot read message: ${this.#containers} lists and maps, at most ` +
          `${CBOR_CONTAINERS_MAX}`,
        { limit: "CBOR_CONTAINERS_MAX" },
      );
    }
  }

  #name(): string {
    const initial = this.#next();
    if (initial >> 5 !== 3) return bad("a key is not a text");
    const length = this.#argument(initial & 31);
    const at = this.#at;
    if (at + length <= this.#bytes.byteLength) {
      const known = texts.find(this.#bytes, at, length);
      if (known !== undefined) {
        this.#at = at + length;
        return known;
      }
    }
    const name = this.#text(length);
    texts.keep(this.#bytes, at, length, name);
    return name;
  }
}

function bad(what: string): never {
  throw new ProtocolError(`Cannot read message: ${what}`);
}
