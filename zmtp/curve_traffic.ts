/**
 * CURVE: the traffic, every frame in a box that only the peer can open.
 *
 * A MESSAGE command travels in a message frame: its name, a short nonce, a
 * mac, and then, sealed, one byte of flags and the payload.
 *
 * @module
 */
import { LimitError, ProtocolError } from "../base/mod.ts";
import type { BoxCipher, CurveSession } from "../security/mod.ts";
import {
  type Batch,
  type BatchPool,
  BOXES_MAX,
  SCRATCH_BYTES,
} from "./batch.ts";
import {
  byteAt,
  FLAG_COMMAND,
  FLAG_LONG,
  FLAG_MORE,
  frameHeaderBytes,
  LONG_HEADER_BYTES,
  readUint64,
  SHORT_HEADER_BYTES,
  writeFrameHeader,
  writeUint64,
} from "./frame.ts";
import type { ZmtpLimits } from "./limits.ts";
import type { FrameSink, TrafficReader, TrafficWriter } from "./mechanism.ts";
import type { ScanRules } from "./scan.ts";

/** `07 MESSAGE`. */
const NAME = new Uint8Array([7, 0x4d, 0x45, 0x53, 0x53, 0x41, 0x47, 0x45]);
const NONCE_OFFSET = 8;
const FLAGS_OFFSET = 32;
const PAYLOAD_OFFSET = 33;
/** From the short nonce, where a box begins, to its text. */
const BOX_HEAD_BYTES = 24;
/** Moves the payload of a large frame to a multiple of eight. */
const PAD_BYTES = 7;
/** Inside the box, bit 1 is what bit 2 is outside. */
const BOX_FLAG_COMMAND = 2;

/** Opens boxes in place, many at a time. */
export class CurveReader implements TrafficReader {
  readonly rules: ScanRules;
  readonly padBytes: number = PAD_BYTES;
  readonly #opener: BoxCipher;
  readonly #pool: BatchPool;
  readonly #commandBytesMax: number;
  #nonce: number;

  /** Takes over where the handshake ended. */
  constructor(session: CurveSession, limits: ZmtpLimits, pool: BatchPool) {
    this.rules = {
      frameBytesMax: limits.frameBytesMax + PAYLOAD_OFFSET,
      commandBytesMax: 0,
      openFlags: false,
    };
    this.#opener = session.opener;
    this.#nonce = session.receiveNonce;
    this.#pool = pool;
    this.#commandBytesMax = limits.commandBytesMax;
  }

  /** Opens complete frames; what comes before a bad one is handed over. */
  frames(range: Uint8Array, sink: FrameSink): void {
    const boxes = this.#pool.openBoxes;
    let at = 0;
    while (at < range.byteLength) {
      let count = 0;
      let error: Error | undefined;
      while (count < BOXES_MAX && at < range.byteLength) {
        let length = byteAt(range, at + 1);
        if ((byteAt(range, at) & FLAG_LONG) !== 0) {
          length = readUint64(range, at + 1);
          at += LONG_HEADER_BYTES;
        } else at += SHORT_HEADER_BYTES;
        error = this.#check(range, at, length);
        if (error !== undefined) break;
        boxes[count * 2] = at + NONCE_OFFSET;
        boxes[count * 2 + 1] = length - FLAGS_OFFSET;
        count++;
        at += length;
      }
      if (!this.#open(range, boxes, count, sink)) return;
      if (error !== undefined) throw error;
    }
  }

  /** Opens the body of one large frame. */
  largeFrame(_flags: number, body: Uint8Array, sink: FrameSink): void {
    const error = this.#check(body, 0, body.byteLength);
    if (error !== undefined) throw error;
    const boxes = this.#pool.openBoxes;
    boxes[0] = NONCE_OFFSET;
    boxes[1] = body.byteLength - FLAGS_OFFSET;
    this.#open(body, boxes, 1, sink);
  }

  /** What is wrong with a MESSAGE before its box is looked at. */
  #check(
    range: Uint8Array,
    at: number,
    length: number,
  ): ProtocolError | undefined {
    if (length < PAYLOAD_OFFSET) {
      return new ProtocolError(
        `Cannot read MESSAGE: it has only ${length} bytes`,
      );
    }
    for (let index = 0; index < NONCE_OFFSET; index++) {
      if (range[at + index] !== NAME[index]) {
        return new ProtocolError("Cannot read MESSAGE: its name is another");
      }
    }
    const nonce = readUint64(range, at + NONCE_OFFSET);
    if (nonce <= this.#nonce || nonce === Infinity) {
      return new ProtocolError(
        "Cannot read MESSAGE: its nonce is not larger than the last",
      );
    }
    this.#nonce = nonce;
    return undefined;
  }

  /** Opens boxes and hands over what is in them; says whether to go on. */
  #open(
    range: Uint8Array,
    boxes: Int32Array,
    count: number,
    sink: FrameSink,
  ): boolean {
    if (count === 0) return true;
    const opened = this.#opener.open(range, boxes, count);
    for (let index = 0; index < opened; index++) {
      const text = (boxes[index * 2] ?? 0) + BOX_HEAD_BYTES;
      const end = text + (boxes[index * 2 + 1] ?? 0);
      const payload = range.subarray(text + 1, end);
      const flags = this.#flags(byteAt(range, text), payload.byteLength);
      if (!sink.frame(flags, payload)) return false;
    }
    if (opened < count) {
      throw new ProtocolError("Cannot read MESSAGE: its box does not open");
    }
    return true;
  }

  #flags(boxFlags: number, length: number): number {
    if (boxFlags <= FLAG_MORE) return boxFlags;
    if (boxFlags !== BOX_FLAG_COMMAND) {
      throw new ProtocolError(`Cannot read MESSAGE: its flags are ${boxFlags}`);
    }
    if (length > this.#commandBytesMax) {
      throw new LimitError(
        `Cannot read command: its length ${length} is over the limit of ` +
          `${this.#commandBytesMax} bytes`,
        { limit: "commandBytesMax" },
      );
    }
    return FLAG_COMMAND;
  }
}

/** Lays frames out as boxes and seals them, many at a time. */
export class CurveWriter implements TrafficWriter {
  readonly #sealer: BoxCipher;
  readonly #pool: BatchPool;
  #nonce: number;
  #count = 0;

  /** Takes over where the handshake ended. */
  constructor(session: CurveSession, pool: BatchPool) {
    this.#sealer = session.sealer;
    this.#nonce = session.sendNonce;
    this.#pool = pool;
  }

  /**
   * Adds a frame to a batch.
   *
   * @throws {ProtocolError} when the nonces are used up.
   */
  frame(batch: Batch, flags: number, body: Uint8Array): boolean {
    const length = PAYLOAD_OFFSET + body.byteLength;
    const frameBytes = frameHeaderBytes(length) + length;
    if (frameBytes > SCRATCH_BYTES) return this.#large(batch, flags, body);
    if (batch.room < frameBytes || this.#count === BOXES_MAX) return false;
    const at = writeFrameHeader(batch.scratch, batch.at, 0, length);
    this.#lay(batch.scratch, at, flags, body);
    const boxes = this.#pool.sealBoxes;
    boxes[this.#count * 2] = at + NONCE_OFFSET;
    boxes[this.#count * 2 + 1] = length - FLAGS_OFFSET;
    this.#count++;
    batch.at = at + length;
    return true;
  }

  /** Seals what the batch's scratch holds. */
  finish(batch: Batch): void {
    if (this.#count === 0) return;
    this.#sealer.seal(batch.scratch, this.#pool.sealBoxes, this.#count);
    this.#count = 0;
  }

  /** A frame that the scratch cannot hold is sealed in a buffer of its own. */
  #large(batch: Batch, flags: number, body: Uint8Array): boolean {
    if (!batch.takesLarge) return false;
    const length = PAYLOAD_OFFSET + body.byteLength;
    const frameBytes = LONG_HEADER_BYTES + length;
    const frame = this.#pool.borrowLarge(batch, frameBytes);
    const at = writeFrameHeader(frame, 0, 0, length);
    this.#lay(frame, at, flags, body);
    const box = this.#pool.singleBox;
    box[0] = at + NONCE_OFFSET;
    box[1] = length - FLAGS_OFFSET;
    this.#sealer.seal(frame, box, 1);
    batch.append(frame.subarray(0, frameBytes));
    return true;
  }

  #lay(target: Uint8Array, at: number, flags: number, body: Uint8Array): void {
    if (this.#nonce >= Number.MAX_SAFE_INTEGER) {
      throw new ProtocolError("Cannot send: the nonces are used up");
    }
    target.set(NAME, at);
    writeUint64(target, at + NONCE_OFFSET, this.#nonce++);
    target[at + FLAGS_OFFSET] = (flags & FLAG_COMMAND) === 0
      ? flags
      : BOX_FLAG_COMMAND;
    target.set(body, at + PAYLOAD_OFFSET);
  }
}
