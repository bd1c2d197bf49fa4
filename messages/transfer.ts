/**
 * Transfers: a message with much payload travels in parts, each a ZeroMQ
 * message of its own, so that others go between them. The receiver says which
 * parts came, and the sender is never far ahead of that: what is on its way is
 * little, and a small message waits for little.
 *
 * The head of a part is `[transfer, index, left]`: the sender's number for
 * the transfer, the part's position, and how many frames follow in later
 * parts; of an acknowledgement, which stands for all parts sent before it as
 * well, `[transfer, index, -1]`. Three items, where an envelope's head has an
 * even number.
 *
 * A transfer *ahead* is one whose message is not there yet: its sender passes
 * on what somebody else sends. It ends with a part `[transfer, index, -3]`,
 * whose two frames take the place of its first two; only then is it a message.
 * Or it never becomes one: `[transfer, index, -2]` has the receiver forget it.
 *
 * @module
 */
import { ProtocolError } from "../base/mod.ts";
import { decodeCbor, encodeCbor } from "./cbor.ts";

/** Messages with more payload than this travel in parts. */
export const TRANSFER_BYTES_MIN: number = 512 << 10;
/** A part is closed when it has this much. */
export const TRANSFER_PART_BYTES: number = 256 << 10;
/**
 * Most bytes that are sent and not acknowledged, beside one part: a
 * millisecond or two of a fast connection.
 */
export const TRANSFER_WINDOW_BYTES: number = 1 << 20;
/**
 * Bytes after which the receiver says so, if not the transfer is complete:
 * before the window is used up, and with few words.
 */
export const TRANSFER_ANSWER_BYTES: number = TRANSFER_WINDOW_BYTES / 2;
/** Most bytes of one transfer. */
export const TRANSFER_BYTES_MAX: number = 2 * 2 ** 30;
/** Most frames of one transfer. */
export const TRANSFER_FRAMES_MAX: number = 128 << 10;
/** Most transfers of one peer that are unfinished: one of them is ahead. */
export const TRANSFERS_OPEN_MAX = 2;

/** What stands in a head instead of how many frames follow. */
export const PartMark = {
  /** The receiver has this part and those before it. */
  ACKNOWLEDGED: -1,
  /** The transfer does not go on. */
  ABANDONED: -2,
  /** The last part of a transfer ahead: the head and the body that count. */
  FINAL: -3,
} as const;

/** The first byte of an array of three. */
const HEAD_BYTE = 0x83;

/** A message on its way out in parts. */
export interface Outgoing {
  /** The number that the receiver knows it by. */
  readonly number: number;
  /** The position of the part that was taken last; -1 before the first. */
  readonly index: number;
  /** Whether every part has been taken. */
  readonly isDone: boolean;
  /** The frames of the next part. */
  next(): Uint8Array[];
}

/** A message that is here as a whole. */
export class Transfer implements Outgoing {
  readonly #frames: readonly Uint8Array[];
  readonly #number: number;
  #nextFrame = 0;
  #index = 0;

  /** Takes the frames of the message, and a number for the transfer. */
  constructor(frames: readonly Uint8Array[], number: number) {
    this.#frames = frames;
    this.#number = number;
  }

  /** Whether every part has been taken. */
  get isDone(): boolean {
    return this.#nextFrame >= this.#frames.length;
  }

  /** The number that the receiver knows it by. */
  get number(): number {
    return this.#number;
  }

  /** The position of the part that was taken last. */
  get index(): number {
    return this.#index - 1;
  }

  /** The frames of the next part. */
  next(): Uint8Array[] {
    const part = framesOfPart(this.#frames, this.#nextFrame);
    this.#nextFrame += part.length;
    const left = this.#frames.length - this.#nextFrame;
    return [encodeCbor([this.#number, this.#index++, left]), ...part];
  }
}

/** Those of some frames, from one on, that go into one part. */
export function framesOfPart(
  frames: readonly Uint8Array[],
  from: number,
): Uint8Array[] {
  const part: Uint8Array[] = [];
  let bytes = 0;
  for (let at = from; bytes < TRANSFER_PART_BYTES; at++) {
    const frame = frames[at];
    if (frame === undefined) break;
    // A part over the size only where one frame is.
    if (bytes > 0 && bytes + frame.byteLength > TRANSFER_PART_BYTES) break;
    part.push(frame);
    bytes += frame.byteLength;
  }
  return part;
}

/** Whether a ZeroMQ message is about a transfer and not an envelope. */
export function isTransfer(frames: readonly Uint8Array[]): boolean {
  return frames[0]?.[0] === HEAD_BYTE;
}

/** What the head of a part tells. */
export type PartHead = readonly [transfer: number, index: number, left: number];

/**
 * Reads the head of a part.
 *
 * @throws {ProtocolError} when it is none.
 */
export function readPartHead(frames: readonly Uint8Array[]): PartHead {
  const head = frames[0] === undefined ? undefined : decodeCbor(frames[0]);
  if (Array.isArray(head)) {
    const [transfer, index, left] = head;
    if (isCount(transfer) && isCount(index) && isLeft(left)) {
      return [transfer, index, left];
    }
  }
  throw new ProtocolError("Cannot read message: not the head of a part");
}

function isLeft(value: unknown): value is number {
  return isCount(value) || value === PartMark.ACKNOWLEDGED ||
    value === PartMark.ABANDONED || value === PartMark.FINAL;
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && Number(value) >= 0;
}
