/**
 * Texts that come again and again, such as the names of fields.
 *
 * @module
 */

/** A power of two; a text whose place is taken takes it over. */
const PLACES = 1024;
/** Longer texts are not kept. */
const KNOWN_BYTES = 32;

/** Finds texts by their bytes, without making them anew. */
export class TextTable {
  readonly #texts: (string | undefined)[] = new Array(PLACES).fill(undefined);

  /** The text that some bytes are, if it is known. */
  find(bytes: Uint8Array, at: number, length: number): string | undefined {
    if (length === 0 || length > KNOWN_BYTES) return undefined;
    const text = this.#texts[placeOf(bytes, at, length)];
    if (text === undefined || text.length !== length) return undefined;
    for (let index = 0; index < length; index++) {
      if (text.charCodeAt(index) !== bytes[at + index]) return undefined;
    }
    return text;
  }

  /** Keeps a text for the next time its bytes come. */
  keep(bytes: Uint8Array, at: number, length: number, text: string): void {
    // Of others a character is no byte.
    if (length === 0 || length > KNOWN_BYTES || text.length !== length) return;
    this.#texts[placeOf(bytes, at, length)] = text;
  }
}

function placeOf(bytes: Uint8Array, at: number, length: number): number {
  const first = bytes[at] ?? 0;
  const middle = bytes[at + (length >> 1)] ?? 0;
  const last = bytes[at + length - 1] ?? 0;
  return (first * 31 + middle * 149 + last * 263 + length * 7) & (PLACES - 1);
}
