/**
 * Memory for small frames: allocating a buffer for each, and freeing it, takes
 * longer than filling it.
 *
 * @module
 */

const SLAB_BYTES: number = 16 << 10;
/** Larger pieces get memory of their own. */
const SMALL_PIECE_BYTES: number = 2 << 10;

/** Hands out small pieces of larger buffers, each once. */
export class SharedRoom {
  #slab = new Uint8Array(SLAB_BYTES);
  #used = 0;

  /** Bytes of the receiver's own; keeping them keeps those around them. */
  take(bytes: number): Uint8Array<ArrayBuffer> {
    if (bytes > SMALL_PIECE_BYTES) return new Uint8Array(bytes);
    if (this.#used + bytes > SLAB_BYTES) {
      this.#slab = new Uint8Array(SLAB_BYTES);
      this.#used = 0;
    }
    const start = this.#used;
    this.#used = start + bytes;
    return this.#slab.subarray(start, this.#used);
  }
}
