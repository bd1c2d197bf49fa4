/**
 * Finds the least loaded of many engines in constant time.
 *
 * @module
 */

/** What can be balanced: it carries its own load. */
export interface Loaded {
  /** Whole-number load, from 0; small. */
  readonly load: number;
}

/**
 * Members grouped by load. Within a load, the one that has waited longest
 * comes first, so equal members take turns.
 */
export class LoadBuckets<M extends Loaded> {
  readonly #buckets: Set<M>[] = [];
  readonly #loads = new Map<M, number>();
  #lowest = 0;

  /** How many members there are. */
  get size(): number {
    return this.#loads.size;
  }

  /** Adds a member, or moves it to the end of the bucket of its load now. */
  place(member: M): void {
    const load = member.load;
    const before = this.#loads.get(member);
    if (before !== undefined) this.#buckets[before]?.delete(member);
    this.#bucket(load).add(member);
    this.#loads.set(member, load);
    if (load < this.#lowest) this.#lowest = load;
  }

  /** Takes a member out; does nothing when it is not there. */
  remove(member: M): void {
    const load = this.#loads.get(member);
    if (load === undefined) return;
    this.#buckets[load]?.delete(member);
    this.#loads.delete(member);
  }

  /** The least loaded member that waited longest, if there is any. */
  least(): M | undefined {
    if (this.#loads.size === 0) {
      this.#lowest = 0;
      return undefined;
    }
    for (;;) {
      const bucket = this.#buckets[this.#lowest];
      if (bucket !== undefined && bucket.size > 0) {
        return bucket.values().next().value;
      }
      this.#lowest++;
    }
  }

  #bucket(load: number): Set<M> {
    while (this.#buckets.length <= load) this.#buckets.push(new Set());
    return this.#buckets[load] ?? new Set();
  }
}
