/**
 * Memory of values on the wire: how it is taken from the parts that it came
 * in, and the views of it.
 *
 * @module
 */
import { EMPTY_BYTES, ProtocolError } from "../base/mod.ts";

/** Any view of memory. */
export type View = ArrayBufferView<ArrayBufferLike>;
type ViewMaker = (
  buffer: ArrayBuffer,
  byteOffset: number,
  byteLength: number,
) => View;

/**
 * The types of views, with the bytes of an item and how one is made. Positions
 * in this list are on the wire: only append.
 */
export const VIEW_KINDS: readonly (readonly [string, number, ViewMaker])[] = [
  ["Int8Array", 1, (b, o, n) => new Int8Array(b, o, n)],
  ["Uint8Array", 1, (b, o, n) => new Uint8Array(b, o, n)],
  ["Uint8ClampedArray", 1, (b, o, n) => new Uint8ClampedArray(b, o, n)],
  ["Int16Array", 2, (b, o, n) => new Int16Array(b, o, n / 2)],
  ["Uint16Array", 2, (b, o, n) => new Uint16Array(b, o, n / 2)],
  ["Int32Array", 4, (b, o, n) => new Int32Array(b, o, n / 4)],
  ["Uint32Array", 4, (b, o, n) => new Uint32Array(b, o, n / 4)],
  ["Float32Array", 4, (b, o, n) => new Float32Array(b, o, n / 4)],
  ["Float64Array", 8, (b, o, n) => new Float64Array(b, o, n / 8)],
  ["BigInt64Array", 8, (b, o, n) => new BigInt64Array(b, o, n / 8)],
  ["BigUint64Array", 8, (b, o, n) => new BigUint64Array(b, o, n / 8)],
  ["Float16Array", 2, (b, o, n) => new Float16Array(b, o, n / 2)],
  ["DataView", 1, (b, o, n) => new DataView(b, o, n)],
];

/** The clone of a view alone: a header, a host object, its type and row. */
const VIEW_ALONE: readonly number[] = [0xff, 15, 0x5c, -1, 0];
/** The clone of a list of one: around the same, the list and its end. */
const VIEW_IN_LIST: readonly number[] = [
  ...[0xff, 15, 0x41, 1],
  ...[0x5c, -1, 0],
  ...[0x24, 0, 1],
];
/** Numbers of the table of one memory and one view of it. */
const VIEW_TABLE_NUMBERS = 7;

/** Smaller memory is copied out of its frame; larger is used in place. */
export const SHARED_VIEW_BYTES_MIN: number = 16 << 10;

/** Memory keeps its place relative to a multiple of this, for alignment. */
export const ALIGNMENT = 8;

// On engines user code may replace the globals; what is used later is kept.
const Bytes = Uint8Array;
const Doubles = Float64Array;
const { min } = Math;
const { isSafeInteger } = Number;

/** Hands out memory from the parts behind the table. */
export class MemoryReader {
  readonly #parts: readonly Uint8Array[];
  /** The next part, and how much of it has been read. */
  #part = 2;
  #offset = 0;

  /** Begins behind the clone and the table. */
  constructor(parts: readonly Uint8Array[]) {
    this.#parts = parts;
  }

  /** Whether every byte has been read. */
  get isDone(): boolean {
    return this.#part >= this.#parts.length;
  }

  /**
   * The next bytes.
   *
   * @param phase Where they begin, counted from a multiple of the alignment.
   * @param own Whether they must be alone in their buffer.
   */
  take(byteLength: number, phase: number, own: boolean): Uint8Array {
    const part = this.#parts[this.#part];
    // Small memory would keep the whole frame alive and show it to others;
    // large memory is used in place when its alignment allows.
    if (
      !own && part?.byteLength === byteLength && this.#offset === 0 &&
      byteLength >= SHARED_VIEW_BYTES_MIN &&
      part.byteOffset % ALIGNMENT === phase
    ) {
      this.#part++;
      return part;
    }
    return this.#joined(byteLength, phase) ?? this.#copy(byteLength, phase);
  }

  /** Parts that lie behind one another, alone in their buffer. */
  #joined(byteLength: number, phase: number): Uint8Array | undefined {
    const buffer = this.#parts[this.#part]?.buffer;
    if (
      buffer === undefined || phase !== 0 || this.#offset !== 0 ||
      buffer.byteLength !== byteLength || byteLength < SHARED_VIEW_BYTES_MIN
    ) return undefined;
    let end = 0;
    for (let at = this.#part; end < byteLength; at++) {
      const part = this.#parts[at];
      if (part?.buffer !== buffer || part.byteOffset !== end) return undefined;
      end += part.byteLength;
      if (end === byteLength) this.#part = at + 1;
    }
    return new Bytes(buffer);
  }

  #copy(byteLength: number, phase: number): Uint8Array {
    if (!(byteLength >= 0 && byteLength <= this.#bytesLeft())) {
      throw malformed();
    }
    const bytes = new Bytes(phase + byteLength).subarray(phase);
    let at = 0;
    while (at < byteLength) {
      const part = this.#parts[this.#part] ?? EMPTY_BYTES;
      const end = min(part.byteLength, this.#offset + byteLength - at);
      bytes.set(part.subarray(this.#offset, end), at);
      at += end - this.#offset;
      this.#offset = end;
      if (end === part.byteLength) {
        this.#part++;
        this.#offset = 0;
      }
    }
    return bytes;
  }

  #bytesLeft(): number {
    let bytes = -this.#offset;
    for (let part = this.#part; part < this.#parts.length; part++) {
      bytes += this.#parts[part]?.byteLength ?? 0;
    }
    return bytes;
  }
}

const viewTable = new Doubles(VIEW_TABLE_NUMBERS);
const viewTableBytes = new Bytes(viewTable.buffer);

/** The byte of a clone where a pattern has -1; -1 where it does not fit. */
function byteIn(clone: Uint8Array, pattern: readonly number[]): number {
  if (clone.byteLength !== pattern.length) return -1;
  let found = -1;
  for (let at = 0; at < pattern.length; at++) {
    const byte = clone[at] ?? -1;
    if (pattern[at] === -1) found = byte;
    else if (pattern[at] !== byte) return -1;
  }
  return found;
}

/**
 * Reads nothing but a view of all of its memory, or a list of one such as
 * arguments are, for which a deserializer takes long; `undefined` for the rest.
 */
export function readView(
  parts: readonly Uint8Array[],
): View | [View] | undefined {
  const clone = parts[0];
  const table = parts[1];
  if (
    clone === undefined || table?.byteLength !== viewTableBytes.byteLength
  ) return undefined;
  const isAlone = clone.byteLength === VIEW_ALONE.length;
  const pattern = isAlone ? VIEW_ALONE : VIEW_IN_LIST;
  const kind = VIEW_KINDS[byteIn(clone, pattern)];
  if (kind === undefined) return undefined;
  viewTableBytes.set(table);
  const bytes = viewTable[2] ?? -1;
  const phase = viewTable[3] ?? -1;
  if (
    viewTable[0] !== 0 || viewTable[1] !== 1 ||
    viewTable[4] !== 0 || viewTable[5] !== 0 || viewTable[6] !== bytes ||
    !isSafeInteger(bytes) || bytes % kind[1] !== 0 ||
    !isSafeInteger(phase) || !(phase >= 0 && phase < ALIGNMENT)
  ) return undefined;
  const reader = new MemoryReader(parts);
  const { buffer, byteOffset } = reader.take(bytes, phase, false);
  if (!reader.isDone) throw malformed();
  const view = kind[2](buffer as ArrayBuffer, byteOffset, bytes);
  return isAlone ? view : [view];
}

/** What is said of memory that is not as it should be. */
export function malformed(): ProtocolError {
  return new ProtocolError("Cannot read value: its memory is not as announced");
}
