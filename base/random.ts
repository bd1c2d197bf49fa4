/**
 * Randomness as an argument.
 *
 * @module
 */

/** A source of numbers in [0, 1), for jitter and choices, never for keys. */
export type Random = () => number;

/** The runtime's own source. */
export const systemRandom: Random = Math.random;

/**
 * A repeatable source (mulberry32): the same seed gives the same numbers.
 *
 * @param seed Any number; only its low 32 bits count.
 */
export function seededRandom(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

const ID_ALPHABET = "0123456789abcdefghijklmnopqrstuvwxyz";

/**
 * A random word of lower-case letters and digits from the system's
 * cryptographic source; 16 characters carry about 82 bits.
 */
export function randomWord(length = 16): string {
  let word = "";
  while (word.length < length) {
    const bytes = crypto.getRandomValues(new Uint8Array(length * 2));
    for (const byte of bytes) {
      // 252 = 7 · 36: larger bytes would make some characters likelier.
      if (byte < 252 && word.length < length) word += ID_ALPHABET[byte % 36];
    }
  }
  return word;
}
