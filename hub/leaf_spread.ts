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

  /** There is another leaf, which has no engine yet. */
  leafJoined(leaf: string): void {
    if (!this.#leaves.has(leaf)) this.#leaves.set(leaf, new Set());
  }

  /**
   * Moves engines until no leaf has two more than another, as far as they may
   * be moved.
   *
   * @param mayMove Whether an engine may go to another leaf.
   * @returns Those that have gone.
   */
  even(mayMove: (engine: string) => boolean): string[] {
    const moved: string[] = [];
    for (const [from, engines] of this.#leaves) {
      if (!this.#isAhead(from)) continue;
      for (const engine of [...engines]) {
        if (!this.#isAhead(from)) break;
        const to = this.#emptiest();
        if (to === undefined || !mayMove(engine)) continue;
        engines.delete(engine);
        this.#put(engine, to);
        moved.push(engine);
      }
    }
    return moved;
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

  #isAhead(leaf: string): boolean {
    return this.enginesOf(leaf) - this.enginesOf(this.#emptiest() ?? leaf) > 1;
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
