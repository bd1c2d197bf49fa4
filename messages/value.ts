/**
 * Values on the wire: V8's structured clone, memory out of band. An encoded
 * value is a list of parts: the clone; where the value has any memory, a
 * table that says which view lies where; and the bytes of all memory, one
 * behind another, cut where it suits the wire.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import { Deserializer, Serializer } from "node:v8";
import { EMPTY_BYTES, ProtocolError } from "../base/mod.ts";
import { registeredClass } from "./class_registry.ts";
import { type Instance, replaceInstances } from "./value_instances.ts";
import {
  ALIGNMENT,
  malformed,
  MemoryReader,
  readView,
  SHARED_VIEW_BYTES_MIN,
  type View,
  VIEW_KINDS,
} from "./value_memory.ts";
import {
  LIST,
  LIST_OF_LISTS,
  NUMBERS_TAG,
  readNumbers,
  writeNumbers,
} from "./value_numbers.ts";
import { NOT_PLAIN, readPlain, writePlain } from "./value_plain.ts";
import { type ScannedValue, scanValue } from "./value_scan.ts";

const VIEW_KIND_INDEX: ReadonlyMap<string, number> = new Map(
  VIEW_KINDS.map(([name], index) => [name, index]),
);

/** Where the index of a view's type stands, for an instance of a class. */
const INSTANCE_KIND = 255;

/**
 * Memory travels in pieces of at most this many bytes, so that one piece is
 * sealed while another is on the wire and a third is opened.
 */
export const PIECE_BYTES_MAX: number = 256 << 10;

// On engines user code may replace the globals; what is used later is kept.
const MapClass = Map;
const Bytes = Uint8Array;
const Doubles = Float64Array;
const ViewClass = DataView;
const TypeErrorClass = TypeError;
const { min, max } = Math;
const { isSafeInteger } = Number;

const TAG = Object.getOwnPropertyDescriptor(
  Object.getPrototypeOf(Uint8Array.prototype),
  Symbol.toStringTag,
);

function viewKind(view: View): number {
  const name: unknown = view instanceof ViewClass
    ? "DataView"
    : TAG?.get?.call(view);
  const index = VIEW_KIND_INDEX.get(`${name}`);
  if (index === undefined) {
    throw new TypeErrorClass(
      `Cannot send a ${`${name}`}: its type is not known`,
    );
  }
  return index;
}

/** The parts of `node:v8` that its types leave out. */
interface SerializerExtras {
  _setTreatArrayBufferViewsAsHostObjects(flag: boolean): void;
  transferArrayBuffer(id: number, buffer: ArrayBuffer): void;
}

/** The used range of some memory, and where in the table it stands. */
interface Memory {
  readonly index: number;
  readonly buffer: ArrayBufferLike;
  start: number;
  end: number;
}

class ValueEncoder extends Serializer {
  readonly #memory = new MapClass<ArrayBufferLike, Memory>();
  readonly #views: View[] = [];
  readonly #instances: ReadonlyMap<object, Instance> | undefined;

  constructor(
    buffers: readonly ArrayBuffer[],
    instances?: ReadonlyMap<object, Instance>,
  ) {
    super();
    this.#instances = instances;
    const extras = this as unknown as SerializerExtras;
    extras._setTreatArrayBufferViewsAsHostObjects(true);
    // Their order in the table is their number in the clone.
    for (let id = 0; id < buffers.length; id++) {
      const buffer = buffers[id];
      if (buffer === undefined) continue;
      extras.transferArrayBuffer(id, buffer);
      this.#use(buffer, 0, buffer.byteLength);
    }
  }

  _writeHostObject(view: View): void {
    const instance = this.#instances?.get(view);
    if (instance !== undefined) return this.#writeInstance(instance);
    this.writeUint32(viewKind(view));
    this.writeUint32(this.#views.length);
    this.#views.push(view);
    this.#use(view.buffer, view.byteOffset, view.byteOffset + view.byteLength);
  }

  #writeInstance({ name, path, data }: Instance): void {
    this.writeUint32(INSTANCE_KIND);
    this.writeValue(name);
    this.writeValue(path);
    this.writeValue(data);
  }

  /** The table, then the pieces; nothing when there is no memory. */
  memoryParts(transferred: number): Uint8Array[] {
    if (this.#memory.size === 0) return [];
    const table = [transferred, this.#memory.size];
    const pieces: Uint8Array[] = [];
    for (const { buffer, start, end } of this.#memory.values()) {
      table.push(end - start, start % ALIGNMENT);
      for (let at = start; at < end;) {
        const length = pieceBytes(end - at);
        pieces.push(new Bytes(buffer, at, length));
        at += length;
      }
    }
    for (const { buffer, byteOffset, byteLength } of this.#views) {
      const memory = this.#memory.get(buffer);
      if (memory === undefined) continue;
      table.push(memory.index, byteOffset - memory.start, byteLength);
    }
    return [new Bytes(Doubles.from(table).buffer), ...pieces];
  }

  #use(buffer: ArrayBufferLike, from: number, to: number): void {
    const memory = this.#memory.get(buffer);
    if (memory === undefined) {
      const index = this.#memory.size;
      this.#memory.set(buffer, { index, buffer, start: from, end: to });
      return;
    }
    memory.start = min(memory.start, from);
    memory.end = max(memory.end, to);
  }
}

/** A small rest would travel apart, and could not be joined in place. */
function pieceBytes(left: number): number {
  if (left <= PIECE_BYTES_MAX) return left;
  return left < PIECE_BYTES_MAX + SHARED_VIEW_BYTES_MIN
    ? PIECE_BYTES_MAX / 2
    : PIECE_BYTES_MAX;
}

class ValueDecoder extends Deserializer {
  readonly #memory: readonly Uint8Array[];
  /** Three numbers for each view: memory, offset, length. */
  readonly #views: Float64Array;
  /** Why an instance could not be made. */
  problem: TypeError | undefined;

  constructor(parts: readonly Uint8Array[]) {
    const data = parts[0] ?? EMPTY_BYTES;
    super(Buffer.from(data.buffer, data.byteOffset, data.byteLength));
    const { transferred, memory, views } = readTable(parts);
    this.#memory = memory;
    this.#views = views;
    for (let id = 0; id < transferred; id++) {
      const bytes = memory[id];
      if (bytes === undefined) throw malformed();
      this.transferArrayBuffer(id, bytes.buffer as ArrayBuffer);
    }
  }

  _readHostObject(): object {
    const index = this.readUint32();
    if (index === INSTANCE_KIND) return this.#readInstance();
    const kind = VIEW_KINDS[index];
    const row = this.readUint32() * 3;
    const bytes = this.#memory[this.#views[row] ?? -1];
    const offset = this.#views[row + 1] ?? -1;
    const byteLength = this.#views[row + 2] ?? -1;
    if (kind === undefined || bytes === undefined) throw malformed();
    const [, width, make] = kind;
    if (
      !(offset >= 0 && byteLength >= 0) || byteLength % width !== 0 ||
      offset + byteLength > bytes.byteLength
    ) throw malformed();
    const { buffer, byteOffset } = bytes;
    return make(buffer as ArrayBuffer, byteOffset + offset, byteLength);
  }

  /** The only code that decoding runs: what was registered here. */
  #readInstance(): object {
    const name: unknown = this.readValue();
    const path: unknown = this.readValue();
    const data: unknown = this.readValue();
    const known = registeredClass(name);
    if (known === undefined) {
      this.problem = new TypeErrorClass(
        `Cannot read ${path}: class ${name} is not registered here; call registerClass before`,
      );
      throw this.problem;
    }
    try {
      const made = known.decode(data);
      if (typeof made === "object" && made !== null) return made;
    } catch (cause) {
      this.problem = new TypeErrorClass(
        `Cannot read ${path}: class ${name} did not decode it`,
        { cause },
      );
      throw this.problem;
    }
    this.problem = new TypeErrorClass(
      `Cannot read ${path}: class ${name} did not decode it to an object`,
    );
    throw this.problem;
  }
}

interface MemoryTable {
  readonly transferred: number;
  readonly memory: readonly Uint8Array[];
  readonly views: Float64Array;
}

function readTable(parts: readonly Uint8Array[]): MemoryTable {
  const bytes = parts[1];
  if (bytes === undefined) {
    return { transferred: 0, memory: [], views: new Doubles(0) };
  }
  if (bytes.byteLength % 8 !== 0) throw malformed();
  const table = new Doubles(bytes.slice().buffer);
  // Parts of a byte would never be read to their end.
  for (let index = 0; index < table.length; index++) {
    if (!isSafeInteger(table[index])) throw malformed();
  }
  const [transferred = -1, count = -1] = table;
  if (!(count >= 0 && transferred >= 0 && 2 * count <= table.length - 2)) {
    throw malformed();
  }
  const reader = new MemoryReader(parts);
  const memory: Uint8Array[] = [];
  for (let index = 0; index < count; index++) {
    const length = table[2 + 2 * index] ?? -1;
    const phase = table[3 + 2 * index] ?? -1;
    const own = index < transferred;
    if (!(phase >= 0 && phase < ALIGNMENT) || (own && phase > 0)) {
      throw malformed();
    }
    memory.push(reader.take(length, phase, own));
  }
  if (!reader.isDone) throw malformed();
  return { transferred, memory, views: table.subarray(2 + 2 * count) };
}

/**
 * Encodes a value. Its memory is not copied: the parts are views of the
 * caller's, which must stay as it is until they are sent. Views that share a
 * buffer share it again; only what views see of a buffer travels.
 *
 * @param path What messages call the value.
 * @throws {TypeError} naming the path to what cannot cross.
 */
export function encodeValue(value: unknown, path = "value"): Uint8Array[] {
  const plain = writePlain(value);
  if (plain !== undefined) return [plain];
  const scanned = scanValue(value, path);
  if (scanned.hasInstances) return encodeInstances(value, path);
  return encodeScanned(value, scanned);
}

/**
 * Encodes a list that the caller has made and nobody else has: it has nothing
 * beside its items. Numbers are packed.
 *
 * @param path What messages call the value.
 * @throws {TypeError} naming the path to what cannot cross.
 */
export function encodeOwnList(
  list: readonly unknown[],
  path?: string,
): Uint8Array[] {
  const packed = writeNumbers([list], LIST);
  return packed === undefined ? encodeValue(list, path) : [packed];
}

/** The same for a list of lists, of all of which that is true. */
export function encodeOwnLists(
  lists: readonly unknown[],
  path?: string,
): Uint8Array[] {
  const packed = writeNumbers(lists, LIST_OF_LISTS);
  return packed === undefined ? encodeValue(lists, path) : [packed];
}

function encodeScanned(
  value: unknown,
  { buffers }: ScannedValue,
  instances?: ReadonlyMap<object, Instance>,
): Uint8Array[] {
  const encoder = new ValueEncoder(buffers, instances);
  encoder.writeHeader();
  encoder.writeValue(value);
  return [encoder.releaseBuffer(), ...encoder.memoryParts(buffers.length)];
}

/** Encodes a value with instances of registered classes. */
function encodeInstances(whole: unknown, path: string): Uint8Array[] {
  const { value, instances } = replaceInstances(whole, path);
  const parts = [value];
  for (const instance of instances.values()) {
    scanValue(instance.data, instance.path);
    parts.push(instance.data);
  }
  const scanned = scanValue(parts, path);
  if (scanned.hasInstances) {
    throw new TypeErrorClass(
      `Cannot send ${path}: the cause of an error is of a registered class`,
    );
  }
  return encodeScanned(value, scanned, instances);
}

/**
 * Decodes what {@linkcode encodeValue} and its like made. Runs no code but that of classes
 * that were registered here.
 *
 * @throws {TypeError} when a class is not registered here.
 * @throws {ProtocolError} when the parts are not an encoded value.
 */
export function decodeValue(parts: readonly Uint8Array[]): unknown {
  const [data] = parts;
  if (data === undefined) throw new ProtocolError("Cannot read value: empty");
  if (parts.length === 1) {
    if (data[0] === NUMBERS_TAG) return readNumbers(data);
    const plain = readPlain(data);
    if (plain !== NOT_PLAIN) return plain;
  }
  let decoder: ValueDecoder | undefined;
  try {
    const view = readView(parts);
    if (view !== undefined) return view;
    decoder = new ValueDecoder(parts);
    decoder.readHeader();
    return decoder.readValue();
  } catch (cause) {
    if (cause instanceof ProtocolError) throw cause;
    if (decoder?.problem !== undefined) throw decoder.problem;
    throw new ProtocolError("Cannot read value: not a structured clone", {
      cause,
    });
  }
}
