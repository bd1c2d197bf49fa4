/**
 * Z85 (ZeroMQ RFC 32): four bytes as five printable characters.
 *
 * @module
 */

const ALPHABET =
  "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-:+=^!/*?&<>()[]{}@%$#";

/** The value of each ASCII character; 255 where it has none. */
const VALUES: Uint8Array = new Uint8Array(128).fill(255);
for (let value = 0; value < ALPHABET.length; value++) {
  VALUES[ALPHABET.charCodeAt(value)] = value;
}

const WORD_MAX = 0xffff_ffff;

/**
 * Writes bytes as Z85 text.
 *
 * @throws {RangeError} when their number is not a multiple of four.
 */
export function encodeZ85(bytes: Uint8Array): string {
  if (bytes.length % 4 !== 0) {
    throw new RangeError(
      `Cannot encode ${bytes.length} bytes as Z85: not a multiple of 4`,
    );
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  let text = "";
  for (let offset = 0; offset < bytes.length; offset += 4) {
    text += encodeWord(view.getUint32(offset));
  }
  return text;
}

/**
 * Reads Z85 text. Messages name positions and never characters, because the
 * text may be a secret key.
 *
 * @throws {RangeError} when its length is not a multiple of five, or when five
 * characters stand for more than four bytes hold.
 * @throws {SyntaxError} at the first character that is not of the alphabet.
 */
export function decodeZ85(text: string): Uint8Array<ArrayBuffer> {
  if (text.length % 5 !== 0) {
    throw new RangeError(
      `Cannot decode ${text.length} characters of Z85: not a multiple of 5`,
    );
  }
  const bytes = new Uint8Array(text.length / 5 * 4);
  const view = new DataView(bytes.buffer);
  for (let group = 0; group < text.length / 5; group++) {
    view.setUint32(group * 4, decodeWord(text, group * 5));
  }
  return bytes;
}

function encodeWord(word: number): string {
  let rest = word;
  let text = "";
  for (let digit = 0; digit < 5; digit++) {
    text = ALPHABET.charAt(rest % 85) + text;
    rest = Math.floor(rest / 85);
  }
  return text;
}

function decodeWord(text: string, start: number): number {
  let word = 0;
  for (let position = start; position < start + 5; position++) {
    const value = VALUES[text.charCodeAt(position)] ?? 255;
    if (value === 255) {
      throw new SyntaxError(
        `Cannot decode Z85: the character at position ${position} is not of its alphabet`,
      );
    }
    word = word * 85 + value;
  }
  if (word > WORD_MAX) {
    throw new RangeError(
      `Cannot decode Z85: the group at position ${start} is larger than 4 bytes hold`,
    );
  }
  return word;
}
