/**
 * One check that keys, nonces and prefixes all need.
 *
 * @module
 */

/** Throws a RangeError unless `bytes` is as long as it must be. */
export function expectBytes(
  what: string,
  bytes: Uint8Array,
  length: number,
): void {
  if (bytes.length !== length) {
    throw new RangeError(
      `Cannot use ${what} of ${bytes.length} bytes: it must have ${length}`,
    );
  }
}
