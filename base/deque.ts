/**
 * A double-ended queue.
 *
 * @module
 */

const CAPACITY_MIN = 16;

/**
 * A double-ended queue on a ring: every operation takes constant time, and
 * the ring shrinks again when the queue empties.
 */
export class Deque<T> implements Iterable<T> {
  #ring: (T | undefined)[] = new Array(CAPACITY_MIN);
  #head = 0;
  #length = 0;

  /** How many items wait. */
  get length(): number {
    return this.#length;
  }

  /** Adds an item at the end. */
  push(item: T): void {
    if (this.#length === this.#ring.length) this.#resize(this.#length * 2);
    this.#ring[(this.#head + this.#length) & (this.#ring.length - 1)] = item;
    this.#length++;
  }

  /** Adds an item at the front. */
  unshift(item: T): void {
    if (this.#length === this.#ring.length) this.#resize(this.#length * 2);
    this.#head = (this.#head - 1) & (this.#ring.length - 1);
    this.#ring[this.#head] = item;
    this.#length++;
  }

  /** Takes the first item, or `undefined` when there is none. */
  shift(): T | undefined {
    if (this.#length === 0) return undefined;
    const item = this.#ring[this.#head];
    this.#ring[this.#head] = undefined;
    this.#head = (this.#head + 1) & (this.#ring.length - 1);
    this.#length--;
    if (
      this.#ring.length > CAPACITY_MIN &&
      this.#length < this.#ring.length >> 2
    ) this.#resize(this.#ring.length >> 1);
    return item;
  }

  /** The first item, left in place. */
  peek(): T | undefined {
    return this.#length === 0 ? undefined : this.#ring[this.#head];
  }

  /** Forgets every item. */
  clear(): void {
    this.#ring = new Array(CAPACITY_MIN);
    this.#head = 0;
    this.#length = 0;
  }

  /** The items from first to last. */
  *[Symbol.iterator](): Iterator<T> {
    for (let index = 0; index < this.#length; index++) {
      yield this.#ring[(this.#head + index) & (this.#ring.length - 1)] as T;
    }
  }

  #resize(capacity: number): void {
    const ring: (T | undefined)[] = new Array(capacity);
    for (let index = 0; index < this.#length; index++) {
      ring[index] = this.#ring[(this.#head + index) & (this.#ring.length - 1)];
    }
    this.#ring = ring;
    this.#head = 0;
  }
}
