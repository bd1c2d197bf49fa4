/**
 * Cutting one sequence into a part for each engine, and joining the parts.
 *
 * @module
 */

/**
 * How a sequence is dealt out: `block` gives each engine neighbours, `cyclic`
 * gives them in turn.
 */
export type Distribution = "block" | "cyclic";

/** Options of scattering and gathering. */
export interface ScatterOptions {
  /** How the sequence is dealt out. @default "block" */
  readonly dist?: Distribution;
}

/** A typed array, as far as cutting and joining go. */
interface TypedArray {
  readonly length: number;
  readonly [index: number]: number | bigint;
  readonly constructor: new (length: number) => WritableTypedArray;
  subarray(from: number, to: number): TypedArray;
}

interface WritableTypedArray {
  [index: number]: number | bigint;
  set(values: TypedArray, offset: number): void;
}

/**
 * Checks a distribution.
 *
 * @throws {TypeError} when it is not known.
 */
export function checkDistribution(
  { dist = "block" }: ScatterOptions,
): Distribution {
  if (dist === "block" || dist === "cyclic") return dist;
  throw new TypeError(
    `Cannot deal out by ${String(dist)}: dist must be block or cyclic`,
  );
}

/**
 * Where the parts of a sequence begin and end: the first `length % parts` get
 * one element more.
 */
export function blockBounds(
  length: number,
  parts: number,
): [from: number, to: number][] {
  const least = Math.floor(length / parts);
  const more = length % parts;
  return Array.from({ length: parts }, (_, part) => {
    const from = part * least + Math.min(part, more);
    return [from, from + least + (part < more ? 1 : 0)];
  });
}

/**
 * Cuts a sequence: an array, a text, a typed array or anything that can be
 * iterated. Blocks of typed arrays are views of the same memory.
 *
 * @throws {TypeError} when it is none of these.
 */
export function cutSequence(
  sequence: unknown,
  parts: number,
  dist: Distribution,
): unknown[] {
  const whole = readSequence(sequence);
  if (dist === "block") {
    return blockBounds(whole.length, parts).map(([from, to]) =>
      isTypedArray(whole) ? whole.subarray(from, to) : whole.slice(from, to)
    );
  }
  return Array.from(
    { length: parts },
    (_, part) => everyNth(whole, part, parts),
  );
}

type Sequence = string | TypedArray | readonly unknown[];

function readSequence(sequence: unknown): Sequence {
  if (typeof sequence === "string" || isTypedArray(sequence)) return sequence;
  if (Array.isArray(sequence)) return sequence;
  if (
    typeof sequence === "object" && sequence !== null &&
    Symbol.iterator in sequence
  ) return Array.from(sequence as Iterable<unknown>);
  throw new TypeError(
    `Cannot scatter ${
      sequence === null ? "null" : typeof sequence
    }: it must be an array, a text, a typed array or iterable`,
  );
}

function everyNth(whole: Sequence, first: number, step: number): unknown {
  const length = Math.max(0, Math.ceil((whole.length - first) / step));
  if (isTypedArray(whole)) {
    const part = new whole.constructor(length);
    for (let index = 0; index < length; index++) {
      part[index] = whole[first + index * step] ?? 0;
    }
    return part;
  }
  const part = Array.from(
    { length },
    (_, index) => whole[first + index * step],
  );
  return typeof whole === "string" ? part.join("") : part;
}

/**
 * Joins parts to what was cut: texts to a text, typed arrays of one type to
 * one of them, all others to an array, in which a part that is no array
 * counts as one element.
 */
export function joinParts(
  parts: readonly unknown[],
  dist: Distribution,
): unknown {
  if (parts.length > 0 && parts.every((part) => typeof part === "string")) {
    return dist === "block" ? parts.join("") : interleave(parts).join("");
  }
  const [first] = parts;
  if (isTypedArray(first) && parts.every((part) => isSameType(part, first))) {
    return joinTyped(parts as readonly TypedArray[], first, dist);
  }
  const lists = parts.map((part) =>
    isTypedArray(part)
      ? Array.from(part as ArrayLike<unknown>)
      : Array.isArray(part)
      ? part
      : [part]
  );
  return dist === "block" ? lists.flat(1) : interleave(lists);
}

function joinTyped(
  parts: readonly TypedArray[],
  first: TypedArray,
  dist: Distribution,
): unknown {
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  const joined = new first.constructor(length);
  let at = 0;
  for (const [index, part] of parts.entries()) {
    if (dist === "block") {
      joined.set(part, at);
      at += part.length;
      continue;
    }
    for (let row = 0; row < part.length; row++) {
      joined[index + row * parts.length] = part[row] ?? 0;
    }
  }
  return joined;
}

/** One element of each part in turn, as long as there are any. */
function interleave(parts: readonly ArrayLike<unknown>[]): unknown[] {
  const rows = Math.max(0, ...parts.map((part) => part.length));
  const joined: unknown[] = [];
  for (let row = 0; row < rows; row++) {
    for (const part of parts) if (row < part.length) joined.push(part[row]);
  }
  return joined;
}

function isTypedArray(value: unknown): value is TypedArray {
  return ArrayBuffer.isView(value) && !(value instanceof DataView);
}

function isSameType(value: unknown, other: TypedArray): boolean {
  return isTypedArray(value) && value.constructor === other.constructor;
}
