/**
 * Parts that come from one peer, and what is owed for them.
 *
 * @module
 */
import {
  EnvelopeRooms,
  isTransfer,
  type Outbox,
  type SendFrames,
  TRANSFER_BYTES_MAX,
  TransferReader,
  type TransferReaderOptions,
} from "../messages/mod.ts";

/** Joins parts, sends acknowledgements, and hands on those of the peer. */
export class Transfers {
  readonly #send: SendFrames;
  readonly #outbox: Outbox;
  readonly #reader: TransferReader;
  /** For messages that come as a whole. */
  readonly #rooms: EnvelopeRooms | undefined;
  /** The latest acknowledgement, which stands for those before it. */
  #owed: readonly Uint8Array[] | undefined;

  /** Takes the way out, and the outbox for the same peer. */
  constructor(
    send: SendFrames,
    outbox: Outbox,
    options?: TransferReaderOptions,
  ) {
    this.#reader = new TransferReader(options);
    if (options?.joins === true) {
      this.#rooms = new EnvelopeRooms(TRANSFER_BYTES_MAX);
    }
    this.#send = send;
    this.#outbox = outbox;
  }

  /**
   * Takes a ZeroMQ message; the frames of an envelope, once it is complete.
   * `looked` is to follow when those have been looked at.
   *
   * @throws {ProtocolError} when a part is malformed.
   * @throws {LimitError} when a transfer is too large.
   */
  take(frames: readonly Uint8Array[]): readonly Uint8Array[] | undefined {
    if (!isTransfer(frames)) return this.#rooms?.join(frames) ?? frames;
    const { answer, complete, acknowledged } = this.#reader.take(frames);
    if (answer !== undefined) {
      this.#owed = answer;
      this.pay();
    }
    if (acknowledged !== undefined) {
      this.#outbox.acknowledged(acknowledged.transfer, acknowledged.index);
    }
    return complete;
  }

  /** What has been taken has been looked at, and said on if it is at all. */
  looked(): void {
    this.#reader.looked();
  }

  /** Where a large frame is to lie, behind those of its ZeroMQ message. */
  place(
    frames: readonly Uint8Array[],
    bytes: number,
  ): Uint8Array<ArrayBuffer> | undefined {
    const places = isTransfer(frames) ? this.#reader : this.#rooms;
    return places?.place(frames, bytes);
  }

  /** Sends what the socket has not taken before. */
  pay(): void {
    if (this.#owed === undefined || this.#send(this.#owed) === "full") return;
    this.#owed = undefined;
  }

  /** The connection is a new one. */
  reset(): void {
    this.#reader.reset();
    this.#owed = undefined;
  }
}
