/**
 * Values on the wire: V8's structured clone, typed arrays out of band. An
 * encoded value is a list of parts: the clone, then one part for each buffer.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import { Deserializer, Serializer } from "node:v8";
import { ProtocolError } from "../base/mod.ts";

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
  readonly buffers: Uint8Array[] = [];

  constructor() {
    super();
    const settings: HostObjectSettings = this as unknown as HostObjectSettings;
    settings._setTreatArrayBufferViewsAsHostObjects(true);
  }

  _writeHostObject(view: View): void {
    this.writeUint32(viewKind(view));
    this.writeUint32(this.buffers.length);
    this.buffers.push(
      new Uint8Array(view.buffer, view.byteOffset, view.byteLength),
    );
  }

  _getDataCloneError(message: string): Error {
    return new TypeError(message);
  }
}

class ValueDecoder extends Deserializer {
  readonly #buffers: readonly Uint8Array[];

  constructor(data: Uint8Array, buffers: readonly Uint8Array[]) {
    super(Buffer.from(data.buffer, data.byteOffset, data.byteLength));
    this.#buffers = buffers;
  }

  _readHostObject(): View {
    const kind = VIEW_KINDS[this.readUint32()];
    const bytes = this.#buffers[this.readUint32()];
    if (kind === undefined || bytes === undefined) {
      throw new ProtocolError("Cannot read value: buffer missing");
    }
    const [name, width, make] = kind;
    if (bytes.byteLength % width !== 0) {
      throw new ProtocolError(`Cannot read value: ${name} of odd length`);
    }
    // A small view would keep the whole frame alive and show it to others;
    // a large one is used in place when its alignment allows.
    const inPlace = bytes.byteLength >= SHARED_VIEW_BYTES_MIN &&
      bytes.byteOffset % width === 0;
    const own = inPlace ? bytes : bytes.slice();
    return make(own.buffer as ArrayBuffer, own.byteOffset, own.byteLength);
  }
}

/**
 * Encodes a value. Typed arrays are not copied: the parts are views of the
 * caller's memory, which must stay as it is until they are sent.
 *
 * @throws {TypeError} naming the path to what cannot cross.
 */
export function encodeValue(value: unknown): Uint8Array[] {
  const encoder = new ValueEncoder();
  try {
    encoder.writeHeader();
    encoder.writeValue(value);
  } catch (cause) {
    const path = findUncloneable(value, "value", new Set());
    if (path === undefined) throw cause;
    throw new TypeError(`Cannot send ${path}`, { cause });
  }
  return [encoder.releaseBuffer(), ...encoder.buffers];
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
    const decoder = new ValueDecoder(data, parts.slice(1));
    decoder.readHeader();
    return decoder.readValue();
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
