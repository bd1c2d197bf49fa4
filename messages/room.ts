/**
 * Where the large frames of one message lie behind one another, for the last
 * reader, who would have to copy them there otherwise.
 *
 * @module
 */
import { EMPTY_BYTES } from "../base/mod.ts";
import { largeFrameBytes } from "./envelope.ts";

/** Frames before the large ones: the head and the body. */
export const FRAMES_BEFORE = 2;

/** Memory that is filled from its start. */
export class Room {
  readonly #bytes: Uint8Array<ArrayBuffer>;
  #used = 0;

  /** Makes room for so many bytes. */
  constructor(bytes = 0) {
    this.#bytes = bytes === 0 ? EMPTY_BYTES : new Uint8Array(bytes);
  }

  /** Where a frame would lie behind these, if there is room. */
  place(
    bytesBetween: number,
    bytes: number,
  ): Uint8Array<ArrayBuffer> | undefined {
    const start = this.#used + bytesBetween;
    const end = start + bytes;
    if (end > this.#bytes.byteLength) return undefined;
    return this.#bytes.subarray(start, end);
  }

  /** Puts a frame behind the others, unless it lies there or has no room. */
  add(frame: Uint8Array): Uint8Array {
    const start = this.#used;
    const end = start + frame.byteLength;
    if (end > this.#bytes.byteLength) return frame;
    this.#used = end;
    const { buffer, byteOffset } = this.#bytes;
    if (frame.buffer === buffer && frame.byteOffset === byteOffset + start) {
      return frame;
    }
    this.#bytes.set(frame, start);
    return this.#bytes.subarray(start, end);
  }
}

/**
 * Gives each message that comes as a whole its room. Several in one envelope
 * that have large frames get none: each would hold the memory of all.
 */
export class EnvelopeRooms {
  readonly #bytesMax: number;
  #room: Room | undefined;
  /** Parts of the message whose room it is, how many have been seen, … */
  #parts: readonly Uint8Array[] | undefined;
  #seen = 0;
  /** … and the bytes of the large ones. */
  #bytes = 0;

  /** Makes no room yet; none will be larger than `bytesMax`. */
  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }

  /** Where the next frame is to lie, of an envelope that begins with these. */
  place(
    parts: readonly Uint8Array[],
    bytes: number,
  ): Uint8Array<ArrayBuffer> | undefined {
    if (parts.length < FRAMES_BEFORE) return undefined;
    if (this.#parts !== parts) this.#begin(parts);
    for (; this.#seen < parts.length; this.#seen++) {
      this.#bytes += parts[this.#seen]?.byteLength ?? 0;
    }
    return this.#room?.place(this.#bytes, bytes);
  }

  /** The same frames, the large ones in their room. */
  join(parts: readonly Uint8Array[]): readonly Uint8Array[] {
    const room = this.#parts === parts ? this.#room : undefined;
    this.#parts = undefined;
    this.#room = undefined;
    if (room === undefined) return parts;
    return parts.map((part, at) => at < FRAMES_BEFORE ? part : room.add(part));
  }

  #begin(parts: readonly Uint8Array[]): void {
    this.#parts = parts;
    this.#room = undefined;
    this.#seen = FRAMES_BEFORE;
    this.#bytes = 0;
    const bytes = announcedBytes(parts[0]);
    if (bytes <= this.#bytesMax) this.#room = new Room(bytes);
  }
}

/** Bytes of the large frames of the only message that has some. */
function announcedBytes(head: Uint8Array | undefined): number {
  try {
    const { all, most } = largeFrameBytes(head ?? EMPTY_BYTES);
    return all === most ? all : 0;
  } catch {
    // Whoever takes the message says what is wrong with its head.
    return 0;
  }
}
