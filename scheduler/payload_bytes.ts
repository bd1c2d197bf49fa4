/**
 * The size of a payload.
 *
 * @module
 */

/** Bytes of all parts together. */
export function byteLength(payload: readonly Uint8Array[]): number {
  let bytes = 0;
  for (const part of payload) bytes += part.byteLength;
  return bytes;
}
