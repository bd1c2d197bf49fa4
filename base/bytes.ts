/**
 * Small words about bytes.
 *
 * @module
 */

/** Bytes with nothing in them. */
export const EMPTY_BYTES: Uint8Array<ArrayBuffer> = new Uint8Array(0);

/** How many bytes several runs have together. */
export function bytesOf(parts: readonly Uint8Array[]): number {
  let bytes = 0;
  // Asked for each message, many times: an iterator would be made each time.
  for (let index = 0; index < parts.length; index++) {
    bytes += parts[index]?.byteLength ?? 0;
  }
  return bytes;
}

/** Joins several runs of bytes into a new one. */
export function concatBytes(
  parts: readonly Uint8Array[],
): Uint8Array<ArrayBuffer> {
  const joined = new Uint8Array(bytesOf(parts));
  let offset = 0;
  for (const part of parts) {
    joined.set(part, offset);
    offset += part.byteLength;
  }
  return joined;
}

/** The bytes of a text in UTF-8. */
export function utf8(text: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(text);
}
