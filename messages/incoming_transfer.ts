/**
 * One message that comes in parts.
 *
 * @module
 */
import { LimitError, ProtocolError } from "../base/mod.ts";
import type { PassOn } from "./begun.ts";
import { largeFrameBytes } from "./envelope.ts";
import { FRAMES_BEFORE, Room } from "./room.ts";
import { TRANSFER_FRAMES_MAX } from "./transfer.ts";

/** What becomes of the parts of a message. */
export interface IncomingOptions {
  /** Whether its large frames get a room where they lie behind one another. */
  readonly joins: boolean;
  /** Most bytes that it may have. */
  readonly bytesMax: number;
  /** Hears of its head and its body: somebody may take the rest as it comes. */
  readonly onBegun?:
    | ((head: Uint8Array, body: Uint8Array) => PassOn | undefined)
    | undefined;
}

const NO_ROOM = new Room();

/** The frames of a message as far as they have come. */
export class IncomingTransfer {
  readonly #options: IncomingOptions;
  readonly #frames: Uint8Array[] = [];
  /** Where large frames are joined. */
  #room = NO_ROOM;
  #bytes = 0;
  #nextIndex = 0;
  #passOn: PassOn | undefined;
  /** Frames that have been passed on, or need not be. */
  #passed = 0;

  /** Takes what is to become of it. */
  constructor(options: IncomingOptions) {
    this.#options = options;
  }

  /** Bytes that are here. */
  get bytes(): number {
    return this.#bytes;
  }

  /** The position of the part that comes next. */
  get nextIndex(): number {
    return this.#nextIndex;
  }

  /** Who takes its large frames as they come. */
  get passOn(): PassOn | undefined {
    return this.#passOn;
  }

  /** The frames that are here. */
  get frames(): readonly Uint8Array[] {
    return this.#frames;
  }

  /**
   * Takes the frames of the next part, behind its head.
   *
   * @throws {LimitError} when it is larger than it may be.
   */
  add(part: readonly Uint8Array[], left: number): void {
    this.#nextIndex++;
    for (let at = 1; at < part.length; at++) {
      const frame = part[at];
      if (frame === undefined) continue;
      if (this.#options.joins && this.#frames.length === 0) {
        this.#makeRoom(frame);
      }
      this.#bytes += frame.byteLength;
      const isLarge = this.#frames.length >= FRAMES_BEFORE;
      this.#frames.push(isLarge ? this.#room.add(frame) : frame);
    }
    this.#checkLimits(left);
    if (left > 0) this.#begun();
    this.#pass();
  }

  /**
   * Takes the last part of a transfer ahead: the head and the body that count.
   *
   * @throws {ProtocolError} when it has not these two frames.
   */
  finish(part: readonly Uint8Array[]): void {
    const [, head, body] = part;
    if (
      head === undefined || body === undefined ||
      part.length !== 1 + FRAMES_BEFORE || this.#frames.length < FRAMES_BEFORE
    ) {
      throw new ProtocolError(
        "Cannot read message: its last part is not a head and a body",
      );
    }
    this.#frames.splice(0, FRAMES_BEFORE, head, body);
  }

  /** Where a large frame is to lie, of a part that begins with these. */
  place(
    part: readonly Uint8Array[],
    bytes: number,
  ): Uint8Array<ArrayBuffer> | undefined {
    if (this.#frames.length < FRAMES_BEFORE) return undefined;
    let between = 0;
    for (let at = 1; at < part.length; at++) {
      between += part[at]?.byteLength ?? 0;
    }
    return this.#room.place(between, bytes);
  }

  #makeRoom(head: Uint8Array): void {
    const { all } = largeFrameBytes(head);
    if (all <= this.#options.bytesMax) this.#room = new Room(all);
  }

  /** Asks once who wants what is to come. */
  #begun(): void {
    const [head, body] = this.#frames;
    if (this.#passed > 0 || head === undefined || body === undefined) return;
    this.#passed = FRAMES_BEFORE;
    this.#passOn = this.#options.onBegun?.(head, body);
  }

  #pass(): void {
    if (this.#passOn === undefined) return;
    for (; this.#passed < this.#frames.length; this.#passed++) {
      const frame = this.#frames[this.#passed];
      if (frame !== undefined) this.#passOn.push(frame);
    }
  }

  #checkLimits(left: number): void {
    const { bytesMax } = this.#options;
    if (
      this.#bytes <= bytesMax &&
      this.#frames.length + left <= TRANSFER_FRAMES_MAX
    ) return;
    const limit = this.#bytes > bytesMax
      ? "TRANSFER_BYTES_MAX"
      : "TRANSFER_FRAMES_MAX";
    throw new LimitError(
      `Cannot read message: it has more than ${bytesMax} bytes or ` +
        `${TRANSFER_FRAMES_MAX} frames`,
      { limit },
    );
  }
}
