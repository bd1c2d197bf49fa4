/**
 * CBOR (RFC 8949) as the messages use it: maps with text keys, arrays, texts,
 * integers, floats, booleans, null and undefined; no byte strings, which travel
 * as payload, no tags, no indefinite lengths, bounded depth.
 *
 * @module
 */
import { LimitError, ProtocolError, type SharedRoom } from "../base/mod.ts";
import { CborReader } from "./cbor_reader.ts";
import { CborWriter } from "./cbor_writer.ts";

export {
  CBOR_CONTAINERS_MAX,
  CBOR_DEPTH_MAX,
  CBOR_ITEMS_MAX,
} from "./cbor_reader.ts";

/** Most bytes of one encoded header. */
export const CBOR_BYTES_MAX: number = 16 << 20;

const writer = new CborWriter();

/** Encodes one value; the bytes are the caller's own. */
export function encodeCbor(value: unknown): Uint8Array {
  return writer.write(value).slice();
}

/** Encodes one value into a piece of shared memory. */
export function encodeCborInto(room: SharedRoom, value: unknown): Uint8Array {
  const bytes = writer.write(value);
  const piece = room.take(bytes.byteLength);
  piece.set(bytes);
  return piece;
}

/**
 * Decodes one value.
 *
 * @throws {ProtocolError} when the bytes are not CBOR as used here.
 * @throws {LimitError} when they are too long or nested too deeply.
 */
export function decodeCbor(bytes: Uint8Array): unknown {
  if (bytes.byteLength > CBOR_BYTES_MAX) {
    throw new LimitError(
      `Cannot read message: header of ${bytes.byteLength} bytes, at most ${CBOR_BYTES_MAX}`,
      { limit: "CBOR_BYTES_MAX" },
    );
  }
  const reader = new CborReader(bytes);
  const value = reader.read();
  if (reader.isAtEnd) return value;
  throw new ProtocolError("Cannot read message: bytes after its end");
}
