/**
 * Batches of bytes on their way out, and the pool they come from.
 *
 * @module
 */
import { LONG_HEADER_BYTES, writeFrameHeader } from "./frame.ts";

/** Bytes of the scratch buffer that small frames are collected in. */
export const SCRATCH_BYTES: number = 64 * 1024;
/** Bytes of the scratch buffer of a batch for one small message. */
export const SMALL_SCRATCH_BYTES: number = 4 * 1024;
/** A batch is closed when it holds this much, whatever it is made of. */
export const BATCH_BYTES_MAX: number = 256 * 1024;

/** Boxes that are sealed or opened in one call. */
export const BOXES_MAX = 1024;
const BATCHES_KEPT_MAX = 32;
/** What a message to each of a thousand peers takes at once. */
const SMALL_BATCHES_KEPT_MAX = 1024;
/** Large buffers are a power of two, so that they fit again, … */
const LARGE_BYTES_MIN = 64 * 1024;
/** … and what a frame needs besides a payload that is one. */
const LARGE_BYTES_SPARE = 64;
/** Larger buffers are not kept. */
const LARGE_KEPT_BYTES_MAX = 33 * 1024 ** 2;
const LARGE_KEPT_MAX = 2;

/** Bytes to be written together, and which messages they carry. */
export class Batch {
  /** Where small frames are collected; the batch's own. */
  readonly scratch: Uint8Array<ArrayBuffer>;
  /** What to write, in order; views of the scratch and of large parts. */
  readonly chunks: Uint8Array[] = [];
  /** The messages that begin in this batch. */
  readonly messages: (readonly Uint8Array[])[] = [];
  /** Where each of them begins, in bytes of the batch. */
  readonly offsets: number[] = [];
  /** Bytes of parts in the batch. */
  payloadBytes = 0;
  /** Buffers of the pool that large frames lie in. */
  readonly borrowed: Uint8Array<ArrayBuffer>[] = [];
  /** Messages that end in the batch. */
  messagesEnded = 0;
  /** Where the next byte goes in the scratch. */
  at = 0;
  #chunkStart = 0;
  #chunkBytes = 0;

  /** Makes an empty batch. */
  constructor(scratchBytes: number = SCRATCH_BYTES) {
    this.scratch = new Uint8Array(scratchBytes);
  }

  /** Bytes in the batch. */
  get bytes(): number {
    return this.#chunkBytes + this.at - this.#chunkStart;
  }

  /** Bytes that still fit the scratch. */
  get room(): number {
    return this.scratch.byteLength - this.at;
  }

  /** Notes that a message begins at an offset. */
  begin(message: readonly Uint8Array[], offset: number): void {
    this.messages.push(message);
    this.offsets.push(offset);
  }

  /** Copies bytes that the caller knows to fit. */
  copy(bytes: Uint8Array): void {
    this.scratch.set(bytes, this.at);
    this.at += bytes.byteLength;
  }

  /** Writes a frame header, which the caller knows to fit. */
  header(flags: number, bodyBytes: number): void {
    this.at = writeFrameHeader(this.scratch, this.at, flags, bodyBytes);
  }

  /** Adds bytes as they are; they must stay as they are until written. */
  append(bytes: Uint8Array): void {
    this.cut();
    this.chunks.push(bytes);
    this.#chunkBytes += bytes.byteLength;
  }

  /** Ends the current run of the scratch. */
  cut(): void {
    if (this.at === this.#chunkStart) return;
    this.chunks.push(this.scratch.subarray(this.#chunkStart, this.at));
    this.#chunkBytes += this.at - this.#chunkStart;
    this.#chunkStart = this.at;
  }

  /** Whether a large part may still be appended behind a header. */
  get takesLarge(): boolean {
    return this.bytes < BATCH_BYTES_MAX && this.room >= LONG_HEADER_BYTES;
  }

  /** Forgets everything. */
  clear(): void {
    this.chunks.length = 0;
    this.messages.length = 0;
    this.offsets.length = 0;
    this.borrowed.length = 0;
    this.payloadBytes = 0;
    this.messagesEnded = 0;
    this.at = 0;
    this.#chunkStart = 0;
    this.#chunkBytes = 0;
  }
}

/**
 * Scratch memory that the connections of a socket share: an idle connection
 * holds none.
 */
export class BatchPool {
  readonly #free: Batch[] = [];
  readonly #small: Batch[] = [];
  readonly #large: Uint8Array<ArrayBuffer>[] = [];
  #used = false;
  #sealBoxes: Int32Array | undefined;
  #openBoxes: Int32Array | undefined;

  /** Where boxes to be sealed are noted, within one synchronous step. */
  get sealBoxes(): Int32Array {
    return this.#sealBoxes ??= new Int32Array(BOXES_MAX * 2);
  }

  /** Where boxes to be opened are noted, within one synchronous step. */
  get openBoxes(): Int32Array {
    return this.#openBoxes ??= new Int32Array(BOXES_MAX * 2);
  }

  /** Where the box of a large frame is noted. */
  readonly singleBox: Int32Array = new Int32Array(2);

  /** An empty batch. */
  take(): Batch {
    this.#used = true;
    return this.#free.pop() ?? new Batch();
  }

  /** An empty batch for a message that is known to fit. */
  takeSmall(): Batch {
    this.#used = true;
    return this.#small.pop() ?? new Batch(SMALL_SCRATCH_BYTES);
  }

  /** Takes back a batch that nobody reads any more. */
  give(batch: Batch): void {
    if (batch.borrowed.length > 0) {
      for (const buffer of batch.borrowed) this.#keepLarge(buffer);
    }
    batch.clear();
    const isSmall = batch.scratch.byteLength === SMALL_SCRATCH_BYTES;
    const free = isSmall ? this.#small : this.#free;
    const keptMax = isSmall ? SMALL_BATCHES_KEPT_MAX : BATCHES_KEPT_MAX;
    if (free.length < keptMax) free.push(batch);
  }

  /**
   * A buffer of at least so many bytes, with anything in it, which returns
   * with the batch. New memory of this size costs as much as the sealing.
   */
  borrowLarge(batch: Batch, bytes: number): Uint8Array<ArrayBuffer> {
    const index = this.#large.findIndex((kept) => kept.byteLength >= bytes);
    const buffer = index >= 0
      ? this.#large.splice(index, 1)[0]
      : new Uint8Array(largeBytes(bytes));
    if (buffer === undefined) return new Uint8Array(bytes);
    batch.borrowed.push(buffer);
    return buffer;
  }

  /** Lets go of the memory when none was used since the last trim. */
  trim(): void {
    if (!this.#used) {
      this.#free.length = 0;
      this.#small.length = 0;
      this.#large.length = 0;
    }
    this.#used = false;
  }

  #keepLarge(buffer: Uint8Array<ArrayBuffer>): void {
    if (buffer.byteLength > LARGE_KEPT_BYTES_MAX) return;
    this.#large.push(buffer);
    // The smallest serves least.
    if (this.#large.length <= LARGE_KEPT_MAX) return;
    this.#large.sort((a, b) => b.byteLength - a.byteLength).pop();
  }
}

/** Rounds up, but not where the rest would never be kept anyway. */
function largeBytes(bytes: number): number {
  if (bytes > LARGE_KEPT_BYTES_MAX) return bytes;
  let size = LARGE_BYTES_MIN;
  while (size + LARGE_BYTES_SPARE < bytes) size *= 2;
  return size + LARGE_BYTES_SPARE;
}
