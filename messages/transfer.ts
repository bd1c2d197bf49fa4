/**
 * Transfers: a message with much payload travels in parts, each a ZeroMQ
 * message of its own, so that others go between them. The receiver says which
 * parts came, and the sender is never far ahead of that: what is on its way is
 * little, and a small message waits for little.
 *
 * The head of a part is `[transfer, index, left]`: the sender's number for
 * the transfer, the part's position, and how many frames follow in later
 * parts; of an acknowledgement, which stands for all parts before it as well,
 * `[transfer, index, -1]`. Three items, where an envelope's head has an even
 * number.
 *
 * @module
 */
import { LimitError, ProtocolError } from "../base/mod.ts";
import { decodeCbor, encodeCbor } from "./cbor.ts";
import { largeFrameBytes } from "./envelope.ts";
import { FRAMES_BEFORE, Room } from "./room.ts";

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

/** The first byte of an array of three. */
const HEAD_BYTE = 0x83;
const ACKNOWLEDGED = -1;
const NO_ROOM = new Room();

/** A message on its way out in parts. */
export class Transfer {
  readonly #frames: readonly Uint8Array[];
  #number: number;
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
    const part: Uint8Array[] = [];
    let bytes = 0;
    while (bytes < TRANSFER_PART_BYTES && !this.isDone) {
      const frame = this.#frames[this.#nextFrame];
      if (frame === undefined) break;
      // A part over the size only where one frame is.
      if (bytes > 0 && bytes + frame.byteLength > TRANSFER_PART_BYTES) break;
      part.push(frame);
      bytes += frame.byteLength;
      this.#nextFrame++;
    }
    const left = this.#frames.length - this.#nextFrame;
    return [encodeCbor([this.#number, this.#index++, left]), ...part];
  }

  /** Begins again under another number, for a receiver that knows nothing. */
  restart(number: number): void {
    this.#number = number;
    this.#nextFrame = 0;
    this.#index = 0;
  }
}

/** What a ZeroMQ message is to the transfers of a connection. */
export interface TransferNews {
  /** The frames of a message that is complete now. */
  readonly complete?: readonly Uint8Array[];
  /** The acknowledgement to send, where one is due. */
  readonly answer?: readonly Uint8Array[];
  /** The part that the peer has taken. */
  readonly acknowledged?: {
    readonly transfer: number;
    readonly index: number;
  };
}

/** Whether a ZeroMQ message is about a transfer and not an envelope. */
export function isTransfer(frames: readonly Uint8Array[]): boolean {
  return frames[0]?.[0] === HEAD_BYTE;
}

/** Options of {@linkcode TransferReader}. */
export interface TransferReaderOptions {
  /**
   * Whether the large frames of a message get a room where they lie behind
   * one another: for the last reader. @default false
   */
  readonly joins?: boolean | undefined;
  /** Most bytes of one transfer. @default 2 GiB */
  readonly bytesMax?: number;
}

/** Joins the parts that one peer sends. */
export class TransferReader {
  readonly #joins: boolean;
  readonly #bytesMax: number;
  #frames: Uint8Array[] = [];
  /** Where large frames are joined. */
  #room = NO_ROOM;
  #bytes = 0;
  #transfer: number | undefined;
  #nextIndex = 0;
  /** Bytes that came since the last acknowledgement. */
  #unanswered = 0;

  /** Makes a reader that has seen nothing. */
  constructor(options: TransferReaderOptions = {}) {
    this.#joins = options.joins ?? false;
    this.#bytesMax = options.bytesMax ?? TRANSFER_BYTES_MAX;
  }

  /** Bytes of an unfinished transfer. */
  get bytes(): number {
    return this.#bytes;
  }

  /**
   * Takes the frames of a part or an acknowledgement. A part of a transfer
   * whose beginning was not seen, such as one that began on an earlier
   * connection, is acknowledged and passed over.
   *
   * @throws {ProtocolError} when the head is malformed.
   * @throws {LimitError} when the transfer is larger than it may be.
   */
  take(frames: readonly Uint8Array[]): TransferNews {
    const [transfer, index, left] = readHead(frames);
    if (left === ACKNOWLEDGED) return { acknowledged: { transfer, index } };
    if (index === 0) this.#begin(transfer);
    const isNext = transfer === this.#transfer && index === this.#nextIndex;
    for (const frame of frames) this.#unanswered += frame.byteLength;
    const isDue = !isNext || left === 0 ||
      this.#unanswered >= TRANSFER_ANSWER_BYTES;
    if (isDue) this.#unanswered = 0;
    const answer = isDue
      ? { answer: [encodeCbor([transfer, index, ACKNOWLEDGED])] }
      : {};
    if (!isNext) return answer;
    this.#nextIndex++;
    this.#add(frames, left);
    if (left > 0) return answer;
    const complete = this.#frames;
    this.reset();
    return { ...answer, complete };
  }

  /**
   * Where a large frame is to lie, of a part that begins with these; those of
   * the first part have no place yet.
   */
  place(
    frames: readonly Uint8Array[],
    bytes: number,
  ): Uint8Array<ArrayBuffer> | undefined {
    if (this.#frames.length < FRAMES_BEFORE) return undefined;
    const [transfer, index] = decodedHead(frames);
    if (transfer !== this.#transfer || index !== this.#nextIndex) {
      return undefined;
    }
    let between = 0;
    for (let at = 1; at < frames.length; at++) {
      between += frames[at]?.byteLength ?? 0;
    }
    return this.#room.place(between, bytes);
  }

  /** Forgets an unfinished transfer. */
  reset(): void {
    this.#frames = [];
    this.#bytes = 0;
    this.#room = NO_ROOM;
    this.#transfer = undefined;
  }

  #begin(transfer: number): void {
    this.reset();
    this.#transfer = transfer;
    this.#nextIndex = 0;
  }

  #add(frames: readonly Uint8Array[], left: number): void {
    for (let at = 1; at < frames.length; at++) {
      const frame = frames[at];
      if (frame === undefined) continue;
      if (this.#joins && this.#frames.length === 0) this.#makeRoom(frame);
      this.#bytes += frame.byteLength;
      const isLarge = this.#frames.length >= FRAMES_BEFORE;
      this.#frames.push(isLarge ? this.#room.add(frame) : frame);
    }
    if (
      this.#bytes <= this.#bytesMax &&
      this.#frames.length + left <= TRANSFER_FRAMES_MAX
    ) return;
    const limit = this.#bytes > this.#bytesMax
      ? "TRANSFER_BYTES_MAX"
      : "TRANSFER_FRAMES_MAX";
    this.reset();
    throw new LimitError(
      `Cannot read message: it has more than ${this.#bytesMax} bytes or ` +
        `${TRANSFER_FRAMES_MAX} frames`,
      { limit },
    );
  }

  #makeRoom(head: Uint8Array): void {
    const { all } = largeFrameBytes(head);
    if (all <= this.#bytesMax) this.#room = new Room(all);
  }
}

function readHead(
  frames: readonly Uint8Array[],
): readonly [transfer: number, index: number, left: number] {
  const [transfer, index, left] = decodedHead(frames);
  if (
    isCount(transfer) && isCount(index) &&
    (isCount(left) || left === ACKNOWLEDGED)
  ) return [transfer, index, left];
  throw new ProtocolError("Cannot read message: not the head of a part");
}

function decodedHead(frames: readonly Uint8Array[]): readonly unknown[] {
  const head = frames[0] === undefined ? undefined : decodeCbor(frames[0]);
  return Array.isArray(head) ? head : [];
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && Number(value) >= 0;
}
