/**
 * Damage to bytes and values, by a seed.
 *
 * @module
 */
import { Encoder } from "cbor-x/encode";
import type { Random } from "../../base/mod.ts";

/** Numbers at which programs go wrong. */
const EDGES: readonly number[] = [
  0,
  1,
  -1,
  23,
  24,
  127,
  128,
  255,
  256,
  65_535,
  65_536,
  2 ** 31 - 1,
  2 ** 31,
  2 ** 32 - 1,
  2 ** 32,
  2 ** 53 - 1,
  2 ** 53,
  0.5,
  NaN,
  Infinity,
  -Infinity,
];

const WORDS: readonly string[] = [
  "",
  "__proto__",
  "constructor",
  "toString",
  "c-1",
  "e-1",
  "../../etc/passwd",
  "\u0000",
  "\ud800",
  "x".repeat(300),
];

const encoder = new Encoder({
  useRecords: false,
  mapsAsObjects: true,
  tagUint8Array: false,
});

/** CBOR of anything, also of what messages do not use. */
export function encodeAnything(value: unknown): Uint8Array {
  // The encoder hands out a view of a pool that its next call overwrites.
  return new Uint8Array(encoder.encode(value));
}

/** A whole number from 0 to `below` - 1. */
export function below(random: Random, below: number): number {
  return Math.floor(random() * below);
}

/** One of a list that is not empty. */
export function oneOf<T>(random: Random, list: readonly T[]): T {
  const [found] = list.slice(below(random, list.length));
  // An item may be `undefined` itself.
  if (list.length === 0) throw new RangeError("Cannot choose: empty list");
  return found as T;
}

/** Random bytes. */
export function noise(random: Random, length: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(length);
  for (let index = 0; index < length; index++) bytes[index] = random() * 256;
  return bytes;
}

/** A copy with a few of: flips, edges, cuts, repetitions, insertions. */
export function mutateBytes(
  random: Random,
  bytes: Uint8Array,
): Uint8Array<ArrayBuffer> {
  let result = new Uint8Array(bytes);
  for (let times = 1 + below(random, 4); times > 0; times--) {
    result = mutateOnce(random, result);
  }
  return result;
}

function mutateOnce(
  random: Random,
  bytes: Uint8Array<ArrayBuffer>,
): Uint8Array<ArrayBuffer> {
  const at = below(random, bytes.length + 1);
  const end = Math.min(bytes.length, at + 1 + below(random, 16));
  switch (below(random, 7)) {
    case 0: {
      const copy = bytes.slice();
      if (at < copy.length) {
        copy[at] = (copy[at] ?? 0) ^ (1 << below(random, 8));
      }
      return copy;
    }
    case 1: {
      const copy = bytes.slice();
      if (at < copy.length) copy[at] = oneOf(random, [0, 1, 0x7f, 0x80, 0xff]);
      return copy;
    }
    case 2:
      return bytes.slice(0, at);
    case 3:
      return join([bytes.subarray(0, at), bytes.subarray(end)]);
    case 4:
      return join([bytes.subarray(0, end), bytes.subarray(at)]);
    case 5: {
      const some = noise(random, 1 + below(random, 12));
      return join([bytes.subarray(0, at), some, bytes.subarray(at)]);
    }
    default: {
      // A length in its place: most of what is read is lengths.
      const copy = bytes.slice();
      const view = new DataView(copy.buffer);
      const value = oneOf(random, EDGES);
      if (at + 4 <= copy.length) view.setUint32(at, value >>> 0);
      return copy;
    }
  }
}

/** The runs of bytes in one. */
export function join(runs: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(runs.reduce((sum, run) => sum + run.length, 0));
  let at = 0;
  for (const run of runs) {
    whole.set(run, at);
    at += run.length;
  }
  return whole;
}

/** A value of any kind that messages can hold. */
export function anyValue(random: Random, depth = 3): unknown {
  switch (below(random, depth > 0 ? 9 : 7)) {
    case 0:
      return oneOf(random, EDGES);
    case 1:
      return oneOf(random, WORDS);
    case 2:
      return null;
    case 3:
      return undefined;
    case 4:
      return random() < 0.5;
    case 5:
      return noise(random, below(random, 20));
    case 6:
      return random() * 1e9;
    case 7:
      return Array.from(
        { length: below(random, 5) },
        () => anyValue(random, depth - 1),
      );
    default:
      return Object.fromEntries(
        Array.from(
          { length: below(random, 4) },
          () => [oneOf(random, WORDS), anyValue(random, depth - 1)],
        ),
      );
  }
}

/** A copy of a value in which something is not what it was. */
export function mutateValue(random: Random, value: unknown): unknown {
  if (random() < 0.2 || typeof value !== "object" || value === null) {
    return anyValue(random);
  }
  if (value instanceof Uint8Array) return mutateBytes(random, value);
  if (Array.isArray(value)) {
    const copy: unknown[] = [...value];
    const at = below(random, copy.length + 1);
    const dice = random();
    if (dice < 0.3) copy.splice(at, 1);
    else if (dice < 0.5) copy.splice(at, 0, anyValue(random));
    else copy[at] = mutateValue(random, copy[at]);
    return copy;
  }
  const copy: Record<string, unknown> = { ...value };
  const names = Object.keys(copy);
  const name = names.length === 0 || random() < 0.1
    ? oneOf(random, WORDS)
    : oneOf(random, names);
  if (random() < 0.15) delete copy[name];
  else copy[name] = mutateValue(random, copy[name]);
  return copy;
}
