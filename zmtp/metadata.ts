/**
 * Metadata: names and values about the sender, exchanged in the handshake.
 *
 * @module
 */
import { ProtocolError, utf8 } from "../base/mod.ts";
import { byteAt, readUint32, writeUint32 } from "./frame.ts";
import type { SocketType } from "./socket_type.ts";

const VALUE_LENGTH_BYTES = 4;
const NAME_PATTERN = /^[A-Za-z0-9\-_.+]+$/;

/** A block of `<name length><name><value length><value>`. */
export function encodeMetadata(
  properties: Iterable<readonly [name: string, value: Uint8Array]>,
): Uint8Array<ArrayBuffer> {
  const list = [...properties];
  let length = 0;
  for (const [name, value] of list) {
    length += 1 + name.length + VALUE_LENGTH_BYTES + value.byteLength;
  }
  const block = new Uint8Array(length);
  let at = 0;
  for (const [name, value] of list) {
    block[at++] = name.length;
    block.set(utf8(name), at);
    at += name.length;
    writeUint32(block, at, value.byteLength);
    at += VALUE_LENGTH_BYTES;
    block.set(value, at);
    at += value.byteLength;
  }
  return block;
}

/** Offers, and where both offer it means, traffic without boxes. */
const UNSEALED_NAME = "X-Ippd-Unsealed";

/**
 * The block that a socket of this type and routing id sends.
 *
 * @param unsealed Whether to offer that what follows the handshake goes
 * without boxes; for streams that never leave the kernel.
 */
export function socketMetadata(
  type: SocketType,
  routingId: Uint8Array,
  unsealed = false,
): Uint8Array<ArrayBuffer> {
  return encodeMetadata([
    ["Socket-Type", utf8(type)],
    ["Identity", routingId],
    ...(unsealed ? [[UNSEALED_NAME, utf8("1")] as const] : []),
  ]);
}

/** Whether a peer offers traffic without boxes. */
export function offersUnsealed(block: Uint8Array): boolean {
  return parseMetadata(block).has(UNSEALED_NAME.toLowerCase());
}

/**
 * The properties in a block, by name in lower case; values are views.
 *
 * @throws {ProtocolError} when it is cut off or names something twice.
 */
export function parseMetadata(block: Uint8Array): Map<string, Uint8Array> {
  const properties = new Map<string, Uint8Array>();
  let at = 0;
  while (at < block.byteLength) {
    const nameEnd = at + 1 + byteAt(block, at);
    const valueStart = nameEnd + VALUE_LENGTH_BYTES;
    if (valueStart > block.byteLength) {
      throw new ProtocolError("Cannot read metadata: a name is cut off");
    }
    const name = parseName(block.subarray(at + 1, nameEnd));
    const valueEnd = valueStart + readUint32(block, nameEnd);
    if (valueEnd > block.byteLength) {
      throw new ProtocolError("Cannot read metadata: a value is cut off");
    }
    if (properties.has(name)) {
      throw new ProtocolError(`Cannot read metadata: ${name} comes twice`);
    }
    properties.set(name, block.subarray(valueStart, valueEnd));
    at = valueEnd;
  }
  return properties;
}

function parseName(bytes: Uint8Array): string {
  const name = String.fromCharCode(...bytes);
  if (!NAME_PATTERN.test(name)) {
    throw new ProtocolError("Cannot read metadata: a name is no word");
  }
  return name.toLowerCase();
}
