/**
 * What was used last, by content hash, within a budget of bytes.
 *
 * @module
 */

interface Entry<T> {
  readonly value: T;
  readonly bytes: number;
}

/**
 * Remembers values by hash and forgets those used longest ago. The supervisor
 * keeps one that mirrors each slot's: both do the same steps in the same
 * order, so that the supervisor knows what the slot still has.
 */
export class RecentByHash<T> {
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
  touch(hash: string): T | undefined {
    const entry = this.#entries.get(hash);
    if (entry === undefined) return undefined;
    // Calls of one function in a row are the usual case.
    if (this.#newest !== hash) {
      this.#entries.delete(hash);
      this.#entries.set(hash, entry);
      this.#newest = hash;
    }
    return entry.value;
  }

  /** Remembers a value of this many bytes, which counts as used now. */
  put(hash: string, value: T, bytes: number): void {
    this.#forget(hash);
    this.#entries.set(hash, { value, bytes });
    this.#newest = hash;
    this.#bytes += bytes;
    for (const oldest of this.#entries.keys()) {
      if (this.#bytes <= this.#bytesMax || oldest === hash) break;
      this.#forget(oldest);
      this.#onForgotten?.();
    }
  }

  #forget(hash: string): void {
    const entry = this.#entries.get(hash);
    if (entry === undefined) return;
    this.#entries.delete(hash);
    this.#bytes -= entry.bytes;
  }
}
