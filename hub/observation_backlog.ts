/**
 * Batches of observations that nobody has asked about: left packed, and
 * forgotten unread where a store that keeps the newest records only would
 * forget their records anyway. Pure.
 *
 * @module
 */

/** Most bytes that are left packed; then they are read. */
export const BACKLOG_BYTES_MAX: number = 32 << 20;

/** A batch as it came. */
export interface PackedBatch {
  /** Routing id of the scheduler that told it. */
  readonly scheduler: string;
  /** How many tasks it has. */
  readonly rows: number;
  /** Its rows and the kept bytes. */
  readonly payload: readonly Uint8Array[];
}

/** Batches of tasks that have all ended, oldest first. */
export class ObservationBacklog {
  readonly #recordsMax: number;
  readonly #bytesMax: number;
  #batches: PackedBatch[] = [];
  #from = 0;
  #rows = 0;
  #bytes = 0;

  /**
   * Makes an empty backlog.
   *
   * @param recordsMax How many of the newest records are kept at all.
   */
  constructor(recordsMax: number, bytesMax: number = BACKLOG_BYTES_MAX) {
    this.#recordsMax = recordsMax;
    this.#bytesMax = bytesMax;
  }

  /** How many tasks are packed. */
  get rows(): number {
    return this.#rows;
  }

  /** Whether it is time to read them. */
  get isFull(): boolean {
    return this.#bytes >= this.#bytesMax;
  }

  /** Takes a batch in; the bytes are copied, so that they keep no frame. */
  add({ scheduler, rows, payload }: PackedBatch): void {
    const own = payload.map((part) => part.slice());
    this.#batches.push({ scheduler, rows, payload: own });
    this.#rows += rows;
    this.#bytes += bytesOf(own);
    let oldest = this.#batches[this.#from];
    while (
      oldest !== undefined && this.#rows - oldest.rows >= this.#recordsMax
    ) {
      this.#rows -= oldest.rows;
      this.#bytes -= bytesOf(oldest.payload);
      oldest = this.#batches[++this.#from];
    }
    // What is forgotten is given back now and then, not each time.
    if (this.#from > this.#batches.length / 2) {
      this.#batches = this.#batches.slice(this.#from);
      this.#from = 0;
    }
  }

  /** Gives all batches, oldest first, and is empty then. */
  take(): PackedBatch[] {
    const batches = this.#batches.slice(this.#from);
    this.#batches = [];
    this.#from = this.#rows = this.#bytes = 0;
    return batches;
  }
}

function bytesOf(payload: readonly Uint8Array[]): number {
  return payload.reduce((sum, { byteLength }) => sum + byteLength, 0);
}
