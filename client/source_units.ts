/**
 * Sources of functions that a scheduler may ask for. Pure.
 *
 * @module
 */

/** Most bytes of sources that no request without outcome needs. */
export const SOURCE_UNITS_BYTES_MAX: number = 64 << 20;

/**
 * Sources by hash. Those that requests without outcome need stay, whatever
 * their size; the others are forgotten together when there are too many: with
 * the next call of such a function its source is here again.
 */
export class SourceUnits {
  readonly #bytesMax: number;
  readonly #needed: () => Iterable<string | undefined>;
  readonly #units = new Map<string, Uint8Array>();
  #bytes = 0;
  #sweepBytes: number;

  /**
   * Starts without a source.
   *
   * @param needed Hashes that requests without outcome name.
   */
  constructor(
    needed: () => Iterable<string | undefined>,
    bytesMax: number = SOURCE_UNITS_BYTES_MAX,
  ) {
    this.#needed = needed;
    this.#bytesMax = this.#sweepBytes = bytesMax;
  }

  /** Bytes that are kept. */
  get bytes(): number {
    return this.#bytes;
  }

  /** The source with this hash. */
  get(hash: string): Uint8Array | undefined {
    return this.#units.get(hash);
  }

  /** Keeps a source. */
  add(hash: string, unit: Uint8Array): void {
    if (this.#units.has(hash)) return;
    if (this.#bytes + unit.byteLength > this.#sweepBytes) this.#sweep();
    this.#units.set(hash, unit);
    this.#bytes += unit.byteLength;
  }

  #sweep(): void {
    const needed = new Set(this.#needed());
    for (const [hash, unit] of this.#units) {
      if (needed.has(hash)) continue;
      this.#units.delete(hash);
      this.#bytes -= unit.byteLength;
    }
    // Where most are needed, looking again soon would find the same.
    this.#sweepBytes = this.#bytes + this.#bytesMax;
  }
}
