/**
 * Which engine belongs to which leaf. Pure.
 *
 * @module
 */

/**
 * Spreads engines evenly over leaves. Each engine keeps its leaf for as long
 * as both are there; only what does nothing is moved to even out the load.
 */
export class LeafSpread {
  readonly #leaves = new Map<string, Set<string>>();
  readonly #leafOf = new Map<string, string>();

  /** Leaves that there are. */
  get size(): number {
    return this.#leaves.size;
  }

  /** The engines of a leaf. */
  enginesOf(leaf: string): number {
    return this.#leaves.get(leaf)?.size ?? 0;
  }

  /** The leaf of an engine, which gets one; `undefined` where there is none. */
  leafOf(engine: string): string | undefined {
    const known = this.#leafOf.get(engine);
    if (known !== undefined) return known;
    const leaf = this.#emptiest();
    if (leaf !== undefined) this.#put(engine, leaf);
    return leaf;
  }

  /**
   * There is another leaf: others give it engines until it has as many as
   * the emptiest of them.
   *
   * @param mayMove Whether an engine may go to another leaf.
   */
  leafJoined(leaf: string, mayMove: (engine: string) => boolean): void {
    if (this.#leaves.has(leaf)) return;
    this.#leaves.set(leaf, new Set());
    const share = Math.floor(this.#leafOf.size / this.#leaves.size);
    for (const [other, engines] of this.#leaves) {
      if (other === leaf) continue;
      for (const engine of [...engines]) {
        if (this.enginesOf(leaf) >= share || engines.size <= share) break;
        if (!mayMove(engine)) continue;
        engines.delete(engine);
        this.#put(engine, leaf);
      }
    }
  }

  /** A leaf is gone: its engines go to others, where there are any. */
  leafLeft(leaf: string): void {
    const engines = this.#leaves.get(leaf);
    if (engines === undefined) return;
    this.#leaves.delete(leaf);
    for (const engine of engines) {
      this.#leafOf.delete(engine);
      this.leafOf(engine);
    }
  }

  /** An engine is gone. */
  engineLeft(engine: string): void {
    const leaf = this.#leafOf.get(engine);
    if (leaf === undefined) return;
    this.#leafOf.delete(engine);
    this.#leaves.get(leaf)?.delete(engine);
  }

  #put(engine: string, leaf: string): void {
    this.#leafOf.set(engine, leaf);
    this.#leaves.get(leaf)?.add(engine);
  }

  #emptiest(): string | undefined {
    let best: string | undefined;
    for (const [leaf, { size }] of this.#leaves) {
      if (best === undefined || size < this.enginesOf(best)) best = leaf;
    }
    return best;
  }
}
