/**
 * Lists of numbers, packed: what maps of numbers send and get back. V8's
 * serializer takes 30 ns for each number and as long or longer to read it.
 *
 * The first byte is {@linkcode NUMBERS_TAG}, the second the depth: 1 for a
 * list, 2 for a list of lists; from the fourth on, how many lists there are.
 * Each has a head of eight bytes, its width (4 for `Int32`, 8 for `Float64`)
 * and, from the fourth on, its length; then its numbers, filled up to a
 * multiple of eight. All in the byte order of the machine, as the memory of
 * other values is.
 *
 * @module
 */
import { ProtocolError } from "../base/mod.ts";

/** The first byte; V8's serializer begins with 255. */
export const NUMBERS_TAG = 0xfe;
/** Fewer numbers are shorter otherwise. */
export const NUMBERS_MIN = 32;
/** Most lists in a list. */
export const NUMBER_LISTS_MAX = 64;

/** The depth of one list. */
export const LIST = 1;
/** The depth of a list of lists. */
export const LIST_OF_LISTS = 2;

/** Longer lists are made without a pattern, which stays in memory. */
const PATTERN_LENGTH_MAX: number = 1 << 14;

const HEAD_BYTES = 8;
const COUNT_AT = 4;
const INTEGER_BYTES = 4;
const NUMBER_BYTES = 8;

// On engines user code may replace the globals; what is used later is kept.
const { isArray } = Array;
const { slice } = Array.prototype;
const { apply } = Reflect;
const { getPrototypeOf } = Object;
const { ceil } = Math;
const ARRAY_PROTOTYPE = Array.prototype;
const Bytes = Uint8Array;
const Integers = Int32Array;
const Doubles = Float64Array;
const ViewClass = DataView;

// V8 keeps small whole numbers and others in arrays of different kinds.
const wholePattern: number[] = [];
const doublePattern: number[] = [];

/** Where the packed form of some lists has which of them. */
interface Plan {
  readonly lists: readonly (readonly number[])[];
  readonly widths: readonly number[];
  readonly bytes: number;
}

/**
 * Packs lists of numbers; `undefined` for anything else, for few numbers and
 * for many lists. The lists must be the caller's own: nobody looks whether they
 * have properties beside their items, or are the same.
 *
 * @param depth Whether one list is to be read again, or a list of lists.
 */
export function writeNumbers(
  value: readonly unknown[],
  depth: typeof LIST | typeof LIST_OF_LISTS,
): Uint8Array<ArrayBuffer> | undefined {
  if (value.length > NUMBER_LISTS_MAX) return undefined;
  const plan = planFor(value);
  if (plan === undefined) return undefined;
  const { lists, widths, bytes } = plan;
  const packed = new Bytes(bytes);
  packed[0] = NUMBERS_TAG;
  packed[1] = depth;
  const view = new ViewClass(packed.buffer);
  view.setUint32(COUNT_AT, lists.length, true);
  let at = HEAD_BYTES;
  for (let index = 0; index < lists.length; index++) {
    const list = lists[index] ?? [];
    const { length } = list;
    const width = widths[index] ?? NUMBER_BYTES;
    packed[at] = width;
    view.setUint32(at + COUNT_AT, length, true);
    const place = width === INTEGER_BYTES
      ? new Integers(packed.buffer, at + HEAD_BYTES, length)
      : new Doubles(packed.buffer, at + HEAD_BYTES, length);
    for (let item = 0; item < length; item++) place[item] = list[item] ?? 0;
    at += listBytes(length, width);
  }
  return packed;
}

function planFor(lists: readonly unknown[]): Plan | undefined {
  const widths: number[] = [];
  let bytes = HEAD_BYTES;
  let numbers = 0;
  for (let index = 0; index < lists.length; index++) {
    const list: unknown = lists[index];
    if (!isArray(list) || getPrototypeOf(list) !== ARRAY_PROTOTYPE) {
      return undefined;
    }
    const width = widthOf(list);
    if (width === undefined) return undefined;
    widths.push(width);
    numbers += list.length;
    bytes += listBytes(list.length, width);
  }
  if (numbers < NUMBERS_MIN) return undefined;
  return { lists: lists as readonly number[][], widths, bytes };
}

/** Bytes for each item of a list of numbers; `undefined` for other lists. */
function widthOf(list: readonly unknown[]): number | undefined {
  let width = INTEGER_BYTES;
  for (let index = 0; index < list.length; index++) {
    const item = list[index];
    if (typeof item !== "number") return undefined;
    // -0 is no integer here.
    if ((item | 0) !== item || (item === 0 && 1 / item < 0)) {
      width = NUMBER_BYTES;
    }
  }
  return width;
}

function listBytes(length: number, width: number): number {
  return HEAD_BYTES + NUMBER_BYTES * ceil(length * width / NUMBER_BYTES);
}

/**
 * Unpacks what {@linkcode writeNumbers} packed.
 *
 * @throws {ProtocolError} when the bytes are nothing that it makes.
 */
export function readNumbers(bytes: Uint8Array): number[] | number[][] {
  // Numbers of eight bytes are read where they lie on such a border.
  const packed = bytes.byteOffset % NUMBER_BYTES === 0 ? bytes : bytes.slice();
  const { buffer, byteOffset, byteLength } = packed;
  const depth = packed[1];
  const view = new ViewClass(buffer, byteOffset, byteLength);
  const count = byteLength < HEAD_BYTES ? 0 : view.getUint32(COUNT_AT, true);
  const isKnown = depth === LIST ? count === 1 : depth === LIST_OF_LISTS;
  if (!isKnown || count < 1 || count > NUMBER_LISTS_MAX) throw malformed();
  const lists: number[][] = [];
  let at = HEAD_BYTES;
  for (let index = 0; index < count; index++) {
    if (at + HEAD_BYTES > byteLength) throw malformed();
    const width = packed[at];
    if (width !== INTEGER_BYTES && width !== NUMBER_BYTES) throw malformed();
    const length = view.getUint32(at + COUNT_AT, true);
    const end = at + listBytes(length, width);
    if (end > byteLength) throw malformed();
    const start = byteOffset + at + HEAD_BYTES;
    lists.push(
      listOf(
        width === INTEGER_BYTES
          ? new Integers(buffer, start, length)
          : new Doubles(buffer, start, length),
      ),
    );
    at = end;
  }
  if (at !== byteLength) throw malformed();
  const [only = []] = lists;
  return depth === LIST ? only : lists;
}

/**
 * A list of numbers. V8 takes one that was made with its length for one that
 * may have holes, which it serializes item by item, and one that grows is
 * copied many times; a copy of another list is neither.
 */
function listOf(numbers: Int32Array | Float64Array): number[] {
  const { length } = numbers;
  const list = length > PATTERN_LENGTH_MAX ? [] : patternOf(numbers);
  for (let index = 0; index < length; index++) {
    list[index] = numbers[index] ?? 0;
  }
  return list;
}

/** A list of as many numbers of the same kind, whichever they are. */
function patternOf(numbers: Int32Array | Float64Array): number[] {
  const { length } = numbers;
  const isWhole = numbers.BYTES_PER_ELEMENT === INTEGER_BYTES;
  const pattern = isWhole ? wholePattern : doublePattern;
  while (pattern.length < length) pattern.push(isWhole ? 0 : 0.5);
  return apply(slice, pattern, [0, length]);
}

function malformed(): ProtocolError {
  return new ProtocolError("Cannot read value: not packed numbers");
}
