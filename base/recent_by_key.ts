/**
 * What was used last, within a budget of bytes.
 *
 * @module
 */

interface Entry<T> {
  readonly value: T;
  readonly bytes: number;
}

/**
 * Remembers values by key and forgets those used longest ago. Two that do the
 * same steps in the same order remember the same, so that a supervisor knows
 * what its slots still have.
 */
export class RecentByKey<T> {
  readonly #bytesMax: number;
  readonly #onForgotten: (() => void) | undefined;
  readonly #entries = new Map<string, Entry<T>>();
  #newest: string | undefined;
  #bytes = 0;

  /**
   * @param bytesMax The budget; the newest value stays even above it.
   * @param onForgotten Hears of each value for which there was no room.
   */
  constructor(bytesMax: number, onForgotten?: () => void) {
    this.#bytesMax = bytesMax;
    this.#onForgotten = onForgotten;
  }

  /** Bytes of the values that are remembered. */
  get bytes(): number {
    return this.#bytes;
  }

  /** The value, which counts as used now. */
  touch(key: string): T | undefined {
    const entry = this.#entries.get(key);
    if (entry === undefined) return undefined;
    // Calls of one function in a row are the usual case.
    if (this.#newest !== key) {
      this.#entries.delete(key);
      this.#entries.set(key, entry);
      this.#newest = key;
    }
    return entry.value;
  }

  /** Remembers a value of this many bytes, which counts as used now. */
  put(key: string, value: T, bytes: number): void {
    this.#forget(key);
    this.#entries.set(key, { value, bytes });
    this.#newest = key;
    this.#bytes += bytes;
    for (const oldest of this.#entries.keys()) {
      if (this.#bytes <= this.#bytesMax || oldest === key) break;
      this.#forget(oldest);
      this.#onForgotten?.();
    }
  }

  #forget(key: string): void {
    const entry = this.#entries.get(key);
    if (entry === undefined) return;
    this.#entries.delete(key);
    this.#bytes -= entry.bytes;
  }
}
