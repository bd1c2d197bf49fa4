/**
 * The sources of shipped functions, by hash, within a budget.
 *
 * @module
 */
import type { LimitTally } from "../base/mod.ts";

interface Stored {
  readonly source: Uint8Array;
  pins: number;
}

/** Bytes of function sources kept unless told otherwise. */
export const FUNCTION_BYTES_MAX: number = 256 << 20;

/**
 * Sources by hash. A source that a task needs is pinned and stays; the
 * others go, oldest first, when the budget is exceeded.
 */
export class FunctionStore {
  readonly #bytesMax: number;
  readonly #tally: LimitTally | undefined;
  readonly #stored = new Map<string, Stored>();
  #bytes = 0;

  /** Makes an empty store that keeps about `bytesMax` bytes. */
  constructor(bytesMax: number = FUNCTION_BYTES_MAX, tally?: LimitTally) {
    this.#bytesMax = bytesMax;
    this.#tally = tally;
  }

  /** Bytes of all sources. */
  get bytes(): number {
    return this.#bytes;
  }

  /** The source, if it is here. */
  source(hash: string): Uint8Array | undefined {
    return this.#stored.get(hash)?.source;
  }

  /** Remembers a source. */
  add(hash: string, source: Uint8Array): void {
    if (this.#stored.has(hash)) return;
    this.#stored.set(hash, { source, pins: 0 });
    this.#bytes += source.byteLength;
    if (this.#bytes <= this.#bytesMax) return;
    this.#tally?.reached("FUNCTION_BYTES_MAX");
    this.#evict(hash);
  }

  /** Keeps a source for as long as a task needs it. */
  pin(hash: string): void {
    const stored = this.#stored.get(hash);
    if (stored !== undefined) stored.pins++;
  }

  /** Undoes one {@linkcode pin}. */
  unpin(hash: string): void {
    const stored = this.#stored.get(hash);
    if (stored !== undefined && stored.pins > 0) stored.pins--;
  }

  #evict(newest: string): void {
    for (const [hash, { source, pins }] of this.#stored) {
      if (this.#bytes <= this.#bytesMax) return;
      if (pins > 0 || hash === newest) continue;
      this.#stored.delete(hash);
      this.#bytes -= source.byteLength;
    }
  }
}
