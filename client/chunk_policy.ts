/**
 * How many items make one task of a map. Pure.
 *
 * @module
 */

/** A task of this length costs little to send, and leaves little to wait for. */
const CHUNK_COVER_MS = 20;
/** Most items of one task. */
export const CHUNK_ITEMS_MAX: number = 16 << 10;
/** A task with more bytes is sent as it is, and not made longer. */
const CHUNK_BYTES_MAX: number = 4 << 20;
/** The first measurements are rough: sizes grow by this at most. */
const GROWTH_MAX = 16;
/** What remains of a list is cut into at least so many tasks for each slot. */
const LAST_CHUNKS_PER_SLOT = 2;

/** Says how many items the next task gets. */
export interface ChunkPolicy {
  /** How many tasks may be on their way at once. */
  readonly outstandingMax: number;
  /** The number of items; `remaining` is not known of lazy inputs. */
  next(remaining: number | undefined): number;
  /** A task of so many items was sent. */
  sent(items: number, bytes: number): void;
  /** A task of so many items has run. */
  ran(items: number, tookMs: number): void;
}

/** Tasks of the size that the caller asked for. */
export function fixedChunks(items: number, slots: number): ChunkPolicy {
  return {
    outstandingMax: 64 * Math.max(1, slots),
    next: () => items,
    sent: () => {},
    ran: () => {},
  };
}

/** Tasks that take about {@linkcode CHUNK_COVER_MS}, by measurement. */
export class MeasuredChunks implements ChunkPolicy {
  /** How many tasks may be on their way at once. */
  readonly outstandingMax: number;
  readonly #slots: number;
  /** Milliseconds for one item, once one has run. */
  #itemMs: number | undefined;
  #itemBytes = 0;
  #size = 1;

  /** Starts with single items. */
  constructor(slots: number) {
    this.#slots = Math.max(1, slots);
    this.outstandingMax = 3 * this.#slots;
  }

  /** The number of items of the next task. */
  next(remaining: number | undefined): number {
    const last = remaining === undefined
      ? Infinity
      : Math.ceil(remaining / (LAST_CHUNKS_PER_SLOT * this.#slots));
    return Math.max(1, Math.min(this.#size, last));
  }

  /** A task was sent. */
  sent(items: number, bytes: number): void {
    this.#itemBytes = bytes / Math.max(1, items);
  }

  /** A task has run. */
  ran(items: number, tookMs: number): void {
    const itemMs = Math.max(0, tookMs) / Math.max(1, items);
    // What took long counts at once, what was quick bit by bit.
    this.#itemMs = this.#itemMs === undefined
      ? itemMs
      : Math.max(itemMs, (this.#itemMs + itemMs) / 2);
    const byTime = CHUNK_COVER_MS / this.#itemMs;
    const byBytes = CHUNK_BYTES_MAX / this.#itemBytes;
    this.#size = Math.max(
      1,
      Math.floor(
        Math.min(byTime, byBytes, items * GROWTH_MAX, CHUNK_ITEMS_MAX),
      ),
    );
  }
}
