/**
 * Where bytes from the network land.
 *
 * @module
 */

import { SharedRoom } from "../base/mod.ts";

const STAGING_BYTES_MIN = 4 * 1024;
const STAGING_BYTES_MAX = 128 * 1024;

/** Where small reads of all connections are copied to. */
const room = new SharedRoom();

/**
 * A staging buffer that grows while reads fill it and shrinks again, and for
 * a large frame a buffer of its own, filled without a copy.
 */
export class Intake {
  #buffer: Uint8Array<ArrayBuffer> = new Uint8Array(STAGING_BYTES_MIN);
  #start = 0;
  #end = 0;
  #wantBytes = STAGING_BYTES_MIN;
  #offeredBytes = 0;
  #large: Uint8Array<ArrayBuffer> | undefined;
  #largeFilled = 0;

  /** The staging buffer; good until the next {@linkcode Intake.target}. */
  get buffer(): Uint8Array<ArrayBuffer> {
    return this.#buffer;
  }

  /** Where unread bytes begin. */
  get start(): number {
    return this.#start;
  }

  /** Where unread bytes end. */
  get end(): number {
    return this.#end;
  }

  /** Bytes of buffers that are held now. */
  get heldBytes(): number {
    return this.#buffer.byteLength + (this.#large?.byteLength ?? 0);
  }

  /** Whether a large frame is being read. */
  get readsLarge(): boolean {
    return this.#large !== undefined;
  }

  /** Where the next bytes go; never empty. */
  target(): Uint8Array<ArrayBuffer> {
    if (this.#large !== undefined) {
      return this.#large.subarray(this.#largeFilled);
    }
    if (this.#start === this.#end) {
      this.#start = 0;
      this.#end = 0;
    }
    if (this.#buffer.byteLength !== this.#wantBytes) this.#resize();
    else if (this.#start > this.#buffer.byteLength >> 1) this.#compact();
    this.#offeredBytes = this.#buffer.byteLength - this.#end;
    return this.#end === 0 ? this.#buffer : this.#buffer.subarray(this.#end);
  }

  /** Takes note that `count` bytes came. */
  filled(count: number): void {
    if (this.#large !== undefined) {
      this.#largeFilled += count;
      return;
    }
    this.#end += count;
    const size = this.#buffer.byteLength;
    if (count === this.#offeredBytes) {
      this.#wantBytes = Math.min(STAGING_BYTES_MAX, size * 2);
    } else if (count < size >> 3 && this.#offeredBytes === size) {
      this.#wantBytes = Math.max(STAGING_BYTES_MIN, size >> 1);
    }
  }

  /** Unread bytes, as a view that is good until the next target. */
  peek(): Uint8Array<ArrayBuffer> {
    return this.#buffer.subarray(this.#start, this.#end);
  }

  /** Forgets bytes that were read. */
  skip(count: number): void {
    this.#start += count;
  }

  /**
   * A copy of the next bytes, which are then read. Small ones lie in memory
   * that they share with others.
   */
  take(count: number): Uint8Array<ArrayBuffer> {
    const range = room.take(count);
    const start = this.#start;
    this.#start = start + count;
    range.set(this.#buffer.subarray(start, this.#start));
    return range;
  }

  /** Makes room for this many unread bytes together; at most 128 KiB. */
  need(bytes: number): void {
    while (this.#wantBytes < bytes && this.#wantBytes < STAGING_BYTES_MAX) {
      this.#wantBytes *= 2;
    }
    if (bytes > this.#buffer.byteLength - this.#start) this.#compact();
  }

  /**
   * Moves what is there of a large body into a buffer of its own, `pad`
   * bytes from its start, or to a place that is given, and lets the rest be
   * read there.
   */
  beginLarge(
    bodyBytes: number,
    pad: number,
    place?: Uint8Array<ArrayBuffer>,
  ): void {
    const large = place ?? new Uint8Array(pad + bodyBytes);
    large.set(this.peek(), pad);
    this.#largeFilled = pad + this.#end - this.#start;
    this.#start = this.#end;
    this.#large = large;
    // What comes behind it says how much room is needed, and not its beginning.
    this.#wantBytes = STAGING_BYTES_MIN;
  }

  /** Where the large frame lies when it is all there; it is given away. */
  takeLarge(): Uint8Array<ArrayBuffer> | undefined {
    const large = this.#large;
    if (large === undefined || this.#largeFilled < large.byteLength) {
      return undefined;
    }
    this.#large = undefined;
    return large;
  }

  /** Lets go of everything. */
  clear(): void {
    this.#buffer = new Uint8Array(0);
    this.#large = undefined;
    this.#start = 0;
    this.#end = 0;
  }

  #compact(): void {
    this.#buffer.copyWithin(0, this.#start, this.#end);
    this.#end -= this.#start;
    this.#start = 0;
  }

  #resize(): void {
    const unread = this.#end - this.#start;
    // Shrinking waits until what is unread fits with room to spare.
    if (unread * 2 > this.#wantBytes && this.#wantBytes < this.#buffer.length) {
      this.#wantBytes = this.#buffer.byteLength;
    } else {
      const buffer = new Uint8Array(this.#wantBytes);
      buffer.set(this.peek());
      this.#buffer = buffer;
      this.#start = 0;
      this.#end = unread;
    }
    if (this.#end === this.#buffer.byteLength) this.#compact();
  }
}
