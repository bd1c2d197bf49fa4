/**
 * Values on the wire: V8's structured clone, typed arrays out of band. An
 * encoded value is a list of parts: the clone, then the bytes of all buffers,
 * one behind another, cut where it suits the wire.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import { Deserializer, Serializer } from "node:v8";
import { EMPTY_BYTES, ProtocolError } from "../base/mod.ts";

type View = ArrayBufferView<ArrayBufferLike>;
type ViewMaker = (
  buffer: ArrayBuffer,
  byteOffset: number,
  byteLength: number,
) => View;

// Positions in this list are on the wire: only append.
const VIEW_KINDS: readonly (readonly [string, number, ViewMaker])[] = [
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

const VIEW_KIND_INDEX: ReadonlyMap<string, number> = new Map(
  VIEW_KINDS.map(([name], index) => [name, index]),
);

/**
 * Buffers travel in pieces of at most this many bytes, so that one piece is
 * sealed while another is on the wire and a third is opened.
 */
export const PIECE_BYTES_MAX: number = 1 << 20;

/** Buffers of at least this many bytes are views of the received frame. */
const SHARED_VIEW_BYTES_MIN = 16 << 10;

const TAG = Object.getOwnPropertyDescriptor(
  Object.getPrototypeOf(Uint8Array.prototype),
  Symbol.toStringTag,
);

function viewKind(view: View): number {
  const name: unknown = view instanceof DataView
    ? "DataView"
    : TAG?.get?.call(view);
  const index = VIEW_KIND_INDEX.get(String(name));
  if (index === undefined) {
    throw new TypeError(`Cannot send a ${String(name)}: its type is not known`);
  }
  return index;
}

/** The part of `node:v8` that its types leave out. */
interface HostObjectSettings {
  _setTreatArrayBufferViewsAsHostObjects(flag: boolean): void;
}

class ValueEncoder extends Serializer {
  readonly pieces: Uint8Array[] = [];

  constructor() {
    super();
    const settings: HostObjectSettings = this as unknown as HostObjectSettings;
    settings._setTreatArrayBufferViewsAsHostObjects(true);
  }

  _writeHostObject(view: View): void {
    const { buffer, byteOffset, byteLength } = view;
    this.writeUint32(viewKind(view));
    this.writeDouble(byteLength);
    for (let at = 0; at < byteLength; at += PIECE_BYTES_MAX) {
      const length = Math.min(PIECE_BYTES_MAX, byteLength - at);
      this.pieces.push(new Uint8Array(buffer, byteOffset + at, length));
    }
  }

  _getDataCloneError(message: string): Error {
    return new TypeError(message);
  }
}

class ValueDecoder extends Deserializer {
  readonly #parts: readonly Uint8Array[];
  /** The next part, and how much of it has been read. */
  #part = 1;
  #offset = 0;

  constructor(data: Uint8Array, parts: readonly Uint8Array[]) {
    super(Buffer.from(data.buffer, data.byteOffset, data.byteLength));
    this.#parts = parts;
  }

  _readHostObject(): View {
    const kind = VIEW_KINDS[this.readUint32()];
    const byteLength = this.readDouble();
    if (kind === undefined) {
      throw new ProtocolError("Cannot read value: unknown kind of array");
    }
    const [name, width, make] = kind;
    if (byteLength % width !== 0) {
      throw new ProtocolError(`Cannot read value: ${name} of odd length`);
    }
    const bytes = this.#take(byteLength, width);
    return make(bytes.buffer as ArrayBuffer, bytes.byteOffset, byteLength);
  }

  /** Whether every byte has been read. */
  get isDone(): boolean {
    return this.#part >= this.#parts.length;
  }

  #take(byteLength: number, width: number): Uint8Array {
    const part = this.#parts[this.#part];
    // A small view would keep the whole frame alive and show it to others;
    // a large one is used in place when its alignment allows.
    if (
      part?.byteLength === byteLength && this.#offset === 0 &&
      byteLength >= SHARED_VIEW_BYTES_MIN && part.byteOffset % width === 0
    ) {
      this.#part++;
      return part;
    }
    return this.#copy(byteLength);
  }

  #copy(byteLength: number): Uint8Array {
    if (!(byteLength >= 0 && byteLength <= this.#bytesLeft())) {
      throw new ProtocolError("Cannot read value: buffer missing");
    }
    const bytes = new Uint8Array(byteLength);
    let at = 0;
    while (at < byteLength) {
      const part = this.#parts[this.#part] ?? EMPTY_BYTES;
      const end = Math.min(part.byteLength, this.#offset + byteLength - at);
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

/**
 * Encodes a value. Typed arrays are not copied: the parts are views of the
 * caller's memory, which must stay as it is until they are sent.
 *
 * @param path What messages call the value.
 * @throws {TypeError} naming the path to what cannot cross.
 */
export function encodeValue(value: unknown, path = "value"): Uint8Array[] {
  const encoder = new ValueEncoder();
  try {
    encoder.writeHeader();
    encoder.writeValue(value);
  } catch (cause) {
    const found = findUncloneable(value, path, new Set());
    if (found === undefined) throw cause;
    throw new TypeError(`Cannot send ${found}`, { cause });
  }
  return [encoder.releaseBuffer(), ...encoder.pieces];
}

/**
 * Decodes what {@linkcode encodeValue} made. Runs no code.
 *
 * @throws {ProtocolError} when the parts are not an encoded value.
 */
export function decodeValue(parts: readonly Uint8Array[]): unknown {
  const data = parts[0];
  if (data === undefined) throw new ProtocolError("Cannot read value: empty");
  try {
    const decoder = new ValueDecoder(data, parts);
    decoder.readHeader();
    const value = decoder.readValue();
    if (decoder.isDone) return value;
    throw new ProtocolError("Cannot read value: bytes left over");
  } catch (cause) {
    if (cause instanceof ProtocolError) throw cause;
    throw new ProtocolError("Cannot read value: not a structured clone", {
      cause,
    });
  }
}

/** Says where in a value something sits that cannot cross, if it does. */
function findUncloneable(
  value: unknown,
  path: string,
  seen: Set<unknown>,
): string | undefined {
  if (typeof value === "function") {
    return `${path}: functions cannot be sent inside values`;
  }
  if (typeof value === "symbol") return `${path}: symbols cannot be sent`;
  if (typeof value !== "object" || value === null || seen.has(value)) {
    return undefined;
  }
  seen.add(value);
  if (
    value instanceof Promise || value instanceof WeakMap ||
    value instanceof WeakSet || value instanceof WeakRef ||
    value instanceof SharedArrayBuffer
  ) return `${path}: a ${value.constructor.name} cannot be sent`;
  if (ArrayBuffer.isView(value)) return undefined;
  for (const [step, inner] of stepsOf(value)) {
    const found = findUncloneable(inner, `${path}${step}`, seen);
    if (found !== undefined) return found;
  }
  return undefined;
}

function* stepsOf(value: object): Iterable<[string, unknown]> {
  if (value instanceof Map) {
    for (const [key, inner] of value) {
      yield [" (a key)", key];
      yield [`.get(${String(key)})`, inner];
    }
    return;
  }
  if (value instanceof Set) {
    for (const inner of value) yield [" (a member)", inner];
    return;
  }
  const isArray = Array.isArray(value);
  for (const [key, inner] of Object.entries(value)) {
    yield [isArray ? `[${key}]` : `.${key}`, inner];
  }
}
