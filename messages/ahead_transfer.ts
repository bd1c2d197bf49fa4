/**
 * A message on its way out in parts before it is here: its frames are sent on
 * as they come, and its head and body follow when it is known what is to be
 * said with them.
 *
 * @module
 */
import { type Begun, begunFrames } from "./begun.ts";
import { encodeCbor } from "./cbor.ts";
import { FRAMES_BEFORE } from "./room.ts";
import { framesOfPart, type Outgoing, PartMark } from "./transfer.ts";

/** A transfer whose last part is not known before its message is. */
export class AheadTransfer implements Outgoing {
  /** The number that the receiver knows it by. */
  readonly number: number;
  /** Frames that it will have, without those that come last. */
  readonly #length: number;
  readonly #frames: Uint8Array[];
  /** The head and the body that count. */
  #last: readonly Uint8Array[] | undefined;
  #nextFrame = 0;
  #index = 0;
  #isDone = false;

  /** Begins with what is known of a message; its large frames follow. */
  constructor(begun: Begun, number: number) {
    this.number = number;
    this.#length = FRAMES_BEFORE + begun.largeFrames;
    this.#frames = begunFrames(begun);
  }

  /** Whether every part has been taken. */
  get isDone(): boolean {
    return this.#isDone;
  }

  /** The position of the part that was taken last; -1 before the first. */
  get index(): number {
    return this.#index - 1;
  }

  /** Whether there is something to send. */
  get hasPart(): boolean {
    return this.#nextFrame < this.#frames.length;
  }

  /** The next large frame has come; more than there are to be count for nothing. */
  push(frame: Uint8Array): void {
    if (this.#frames.length < this.#length) this.#frames.push(frame);
  }

  /** Whether the large frames of an envelope are these very ones. */
  isOf(envelope: readonly Uint8Array[]): boolean {
    if (envelope.length !== this.#length) return false;
    for (let at = FRAMES_BEFORE; at < envelope.length; at++) {
      if (envelope[at] !== this.#frames[at]) return false;
    }
    return true;
  }

  /** This is the message: the frames of its envelope. */
  finish(envelope: readonly Uint8Array[]): void {
    this.#last = envelope.slice(0, FRAMES_BEFORE);
  }

  /** The frames of the next part. */
  next(): Uint8Array[] {
    if (!this.hasPart && this.#last !== undefined) {
      this.#isDone = true;
      return [this.#head(PartMark.FINAL), ...this.#last];
    }
    const part = framesOfPart(this.#frames, this.#nextFrame);
    this.#nextFrame += part.length;
    const left = this.#length - this.#nextFrame + FRAMES_BEFORE;
    return [this.#head(left), ...part];
  }

  /** The part that has the receiver forget it, if it has heard of it. */
  abandoned(): readonly Uint8Array[] | undefined {
    if (this.#index === 0) return undefined;
    return [encodeCbor([this.number, this.#index, PartMark.ABANDONED])];
  }

  #head(left: number): Uint8Array {
    return encodeCbor([this.number, this.#index++, left]);
  }
}
