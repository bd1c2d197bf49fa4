/**
 * What comes in parts: messages are joined, and acknowledged on the way.
 *
 * @module
 */
import { bytesOf } from "../base/mod.ts";
import type { PassOn } from "./begun.ts";
import { encodeCbor } from "./cbor.ts";
import { IncomingTransfer } from "./incoming_transfer.ts";
import {
  PartMark,
  readPartHead,
  TRANSFER_ANSWER_BYTES,
  TRANSFER_BYTES_MAX,
  TRANSFERS_OPEN_MAX,
} from "./transfer.ts";

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

/** Options of {@linkcode TransferReader}. */
export interface TransferReaderOptions {
  /**
   * Whether the large frames of a message get a room where they lie behind
   * one another: for the last reader. @default false
   */
  readonly joins?: boolean | undefined;
  /** Most bytes of one transfer. @default 2 GiB */
  readonly bytesMax?: number;
  /** Hears of each message that has begun; who wants it takes it as it comes. */
  readonly onBegun?:
    | ((head: Uint8Array, body: Uint8Array) => PassOn | undefined)
    | undefined;
}

/** Joins the parts that one peer sends. */
export class TransferReader {
  readonly #options: TransferReaderOptions;
  readonly #bytesMax: number;
  /** Unfinished ones, by their number, the oldest first. */
  readonly #open = new Map<number, IncomingTransfer>();
  /** Who took the one as it came that is complete, until it is looked at. */
  #passedOn: PassOn | undefined;
  /** Bytes that came since the last acknowledgement. */
  #unanswered = 0;

  /** Makes a reader that has seen nothing. */
  constructor(options: TransferReaderOptions = {}) {
    this.#options = options;
    this.#bytesMax = options.bytesMax ?? TRANSFER_BYTES_MAX;
  }

  /** Bytes of unfinished transfers. */
  get bytes(): number {
    let bytes = 0;
    for (const incoming of this.#open.values()) bytes += incoming.bytes;
    return bytes;
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
    const [transfer, index, left] = readPartHead(frames);
    if (left === PartMark.ACKNOWLEDGED) {
      return { acknowledged: { transfer, index } };
    }
    if (left === PartMark.ABANDONED) {
      this.#forget(transfer);
      return {};
    }
    if (index === 0) this.#begin(transfer);
    const incoming = this.#open.get(transfer);
    const isNext = incoming?.nextIndex === index;
    const isLast = left === 0 || left === PartMark.FINAL;
    this.#unanswered += bytesOf(frames);
    const isDue = !isNext || isLast ||
      this.#unanswered >= TRANSFER_ANSWER_BYTES;
    if (isDue) this.#unanswered = 0;
    const answer = isDue
      ? { answer: [encodeCbor([transfer, index, PartMark.ACKNOWLEDGED])] }
      : {};
    if (incoming === undefined || !isNext) return answer;
    this.#add(transfer, incoming, frames, left);
    if (!isLast) return answer;
    this.#open.delete(transfer);
    this.looked();
    this.#passedOn = incoming.passOn;
    return { ...answer, complete: incoming.frames };
  }

  /** The message that was complete has been looked at. */
  looked(): void {
    this.#passedOn?.end();
    this.#passedOn = undefined;
  }

  /**
   * Where a large frame is to lie, of a part that begins with these; those of
   * the first part have no place yet.
   */
  place(
    frames: readonly Uint8Array[],
    bytes: number,
  ): Uint8Array<ArrayBuffer> | undefined {
    let head;
    try {
      head = readPartHead(frames);
    } catch {
      // Whoever takes the part says what is wrong with its head.
      return undefined;
    }
    const [transfer, index] = head;
    const incoming = this.#open.get(transfer);
    if (incoming?.nextIndex !== index) return undefined;
    return incoming.place(frames, bytes);
  }

  /** Forgets unfinished transfers. */
  reset(): void {
    for (const transfer of [...this.#open.keys()]) this.#forget(transfer);
    this.looked();
  }

  #begin(transfer: number): void {
    this.#forget(transfer);
    for (const oldest of [...this.#open.keys()]) {
      // What is left of a sender that has forgotten what it was sending.
      if (this.#open.size >= TRANSFERS_OPEN_MAX) this.#forget(oldest);
    }
    const { joins = false, onBegun } = this.#options;
    const bytesMax = this.#bytesMax;
    this.#open.set(
      transfer,
      new IncomingTransfer({ joins, bytesMax, onBegun }),
    );
  }

  #add(
    transfer: number,
    incoming: IncomingTransfer,
    frames: readonly Uint8Array[],
    left: number,
  ): void {
    try {
      if (left === PartMark.FINAL) incoming.finish(frames);
      else incoming.add(frames, left);
    } catch (error) {
      this.#forget(transfer);
      throw error;
    }
  }

  #forget(transfer: number): void {
    const incoming = this.#open.get(transfer);
    this.#open.delete(transfer);
    incoming?.passOn?.end();
  }
}
