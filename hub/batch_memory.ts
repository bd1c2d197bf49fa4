/**
 * Which batches have been taken from each scheduler: one that is told again,
 * after a broken connection, counts once. Pure.
 *
 * @module
 */

/** Batches of one scheduler that are remembered; so many may be told again. */
export const BATCHES_REMEMBERED_MAX = 256;

/** Remembers the last batches of schedulers. */
export class BatchMemory {
  readonly #batches = new Map<string, Set<number>>();

  /** Notes a batch; `false` when it was here before. */
  isNew(scheduler: string, batch: number): boolean {
    let known = this.#batches.get(scheduler);
    if (known === undefined) {
      known = new Set();
      this.#batches.set(scheduler, known);
    }
    if (known.has(batch)) return false;
    known.add(batch);
    for (const oldest of known) {
      if (known.size <= BATCHES_REMEMBERED_MAX) break;
      known.delete(oldest);
    }
    return true;
  }

  /** A scheduler is gone for good. */
  forget(scheduler: string): void {
    this.#batches.delete(scheduler);
  }
}
