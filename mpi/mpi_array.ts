/**
 * Typed arrays as MPI takes them. Pure.
 *
 * @module
 */
import { MPI_ARRAY_NAMES, type MpiArrayName } from "./mpi_flavour.ts";

/** An array whose bytes MPI reads and writes where they are. */
export type MpiArray =
  | Int8Array
  | Uint8Array
  | Uint8ClampedArray
  | Int16Array
  | Uint16Array
  | Int32Array
  | Uint32Array
  | BigInt64Array
  | BigUint64Array
  | Float32Array
  | Float64Array;

/** Most elements of one array: MPI counts in 32 bits. */
export const MPI_ELEMENTS_MAX = 0x7fff_ffff;

const NAMES: ReadonlyMap<string | undefined, MpiArrayName> = new Map(
  MPI_ARRAY_NAMES.map((name) => [name, name]),
);

/** What MPI has to know of an array. */
export interface ArrayFacts {
  /** The name of its class. */
  readonly name: MpiArrayName;
  /** How many elements it has. */
  readonly count: number;
  /** Its bytes, where they are. */
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/**
 * Looks at an array.
 *
 * @throws {TypeError} when it is none that MPI can take.
 * @throws {RangeError} when it has more than {@linkcode MPI_ELEMENTS_MAX}
 * elements.
 */
export function arrayFacts(data: MpiArray): ArrayFacts {
  const name = NAMES.get(arrayName(data));
  if (name === undefined) {
    throw new TypeError(
      `Cannot give ${
        describe(data)
      } to MPI: a typed array of numbers is needed`,
    );
  }
  const { buffer, byteOffset, byteLength, length } = data;
  if (!(buffer instanceof ArrayBuffer)) {
    throw new TypeError(
      `Cannot give ${name} to MPI: its buffer is shared; copy it by slice()`,
    );
  }
  return {
    name,
    count: expectCount(length),
    bytes: new Uint8Array(buffer, byteOffset, byteLength),
  };
}

/**
 * Sees that so many elements can be counted.
 *
 * @throws {RangeError} when they cannot.
 */
export function expectCount(length: number): number {
  if (length <= MPI_ELEMENTS_MAX) return length;
  throw new RangeError(
    `Cannot give ${length} elements to MPI: at most ${MPI_ELEMENTS_MAX} are possible; send parts`,
  );
}

/**
 * Sees that two arrays hold the same kind of numbers.
 *
 * @throws {TypeError} when they do not.
 */
export function expectSameKind(from: ArrayFacts, into: ArrayFacts): void {
  if (from.name === into.name) return;
  throw new TypeError(
    `Cannot put ${from.name} into ${into.name}: both must be of one class`,
  );
}

/**
 * Sees that an array has the length that an operation fills or reads.
 *
 * @throws {RangeError} when it does not.
 */
export function expectLength(
  { name, count }: ArrayFacts,
  expected: number,
  what: string,
): void {
  if (count === expected) return;
  throw new RangeError(
    `Cannot ${what} ${name} of ${count} elements: there must be ${expected}`,
  );
}

/** A new array of the same class with zeros, so many times as long. */
export function zerosLike<T extends MpiArray>(data: T, times?: number): T;
export function zerosLike(data: MpiArray, times: number = 1): MpiArray {
  const { name, count, bytes } = arrayFacts(data);
  expectCount(count * times);
  const buffer = new ArrayBuffer(bytes.length * times);
  switch (name) {
    case "Int8Array":
      return new Int8Array(buffer);
    case "Uint8Array":
      return new Uint8Array(buffer);
    case "Uint8ClampedArray":
      return new Uint8ClampedArray(buffer);
    case "Int16Array":
      return new Int16Array(buffer);
    case "Uint16Array":
      return new Uint16Array(buffer);
    case "Int32Array":
      return new Int32Array(buffer);
    case "Uint32Array":
      return new Uint32Array(buffer);
    case "BigInt64Array":
      return new BigInt64Array(buffer);
    case "BigUint64Array":
      return new BigUint64Array(buffer);
    case "Float32Array":
      return new Float32Array(buffer);
    case "Float64Array":
      return new Float64Array(buffer);
  }
}

function arrayName(data: unknown): string | undefined {
  return ArrayBuffer.isView(data) && Symbol.toStringTag in data
    ? String(data[Symbol.toStringTag])
    : undefined;
}

function describe(data: unknown): string {
  return arrayName(data) ?? (Array.isArray(data) ? "Array" : typeof data);
}
