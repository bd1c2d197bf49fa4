/**
 * Finds the marks in the bytes that a slot process writes.
 *
 * @module
 */
import { concatBytes, EMPTY_BYTES } from "../base/mod.ts";
import { EVENT_HEAD_BYTES, MARK_TAIL_BYTES, MarkKind } from "./slot_mark.ts";

/** What the bytes of one stream turn out to be. */
export interface SlotOutputHandler {
  /** Output; the bytes are valid during the call only. */
  output(bytes: Uint8Array): void;
  /** What follows was written by this task. */
  taskStarted(sequence: number): void;
  /** The task has written everything. */
  taskEnded(sequence: number): void;
  /**
   * A part of an event of the task; `parts` are bits of `EventPart`. The
   * bytes are valid during the call only.
   */
  eventPart(sequence: number, parts: number, bytes: Uint8Array): void;
}

/**
 * Takes apart one stream of a slot process. Holds back at most a mark's
 * length, and only bytes that may be the start of one.
 */
export class SlotOutputParser {
  readonly #magic: Uint8Array;
  readonly #handler: SlotOutputHandler;
  #held: Uint8Array<ArrayBuffer> = EMPTY_BYTES;

  /** @param magic What `markMagic` made of the slot's token. */
  constructor(magic: Uint8Array, handler: SlotOutputHandler) {
    this.#magic = magic;
    this.#handler = handler;
  }

  /** Takes the next bytes of the stream. */
  push(chunk: Uint8Array): void {
    let bytes = chunk;
    if (this.#held.byteLength > 0) {
      bytes = concatBytes([this.#held, chunk]);
      this.#held = EMPTY_BYTES;
    }
    let outputStart = 0;
    let from = 0;
    for (;;) {
      const at = bytes.indexOf(this.#magic[0] ?? 0, from);
      if (at === -1) break;
      const length = this.#matchLength(bytes, at);
      if (length === 0) {
        from = at + 1;
        continue;
      }
      this.#output(bytes.subarray(outputStart, at));
      if (length === undefined) {
        this.#held = bytes.slice(at);
        return;
      }
      this.#mark(bytes, at + this.#magic.byteLength);
      outputStart = from = at + length;
    }
    this.#output(bytes.subarray(outputStart));
  }

  /** The stream has ended: what was held back is output. */
  end(): void {
    this.#output(this.#held);
    this.#held = EMPTY_BYTES;
  }

  #output(bytes: Uint8Array): void {
    if (bytes.byteLength > 0) this.#handler.output(bytes);
  }

  /** The mark's length, 0 when there is none, `undefined` when unsure. */
  #matchLength(bytes: Uint8Array, at: number): number | undefined {
    const magic = this.#magic;
    for (let index = 0; index < magic.byteLength; index++) {
      if (at + index === bytes.byteLength) return undefined;
      if (bytes[at + index] !== magic[index]) return 0;
    }
    const length = magic.byteLength + MARK_TAIL_BYTES;
    if (at + length > bytes.byteLength) return undefined;
    if (bytes[at + magic.byteLength] !== MarkKind.EVENT) return length;
    const whole = length + EVENT_HEAD_BYTES;
    if (at + whole > bytes.byteLength) return undefined;
    const end = whole + viewOf(bytes, at + length).getUint16(1);
    return at + end > bytes.byteLength ? undefined : end;
  }

  #mark(bytes: Uint8Array, at: number): void {
    const tail = viewOf(bytes, at);
    const sequence = tail.getUint32(1);
    switch (tail.getUint8(0)) {
      case MarkKind.START:
        return this.#handler.taskStarted(sequence);
      case MarkKind.EVENT: {
        const head = viewOf(bytes, at + MARK_TAIL_BYTES);
        const from = at + MARK_TAIL_BYTES + EVENT_HEAD_BYTES;
        return this.#handler.eventPart(
          sequence,
          head.getUint8(0),
          bytes.subarray(from, from + head.getUint16(1)),
        );
      }
      default:
        return this.#handler.taskEnded(sequence);
    }
  }
}

function viewOf(bytes: Uint8Array, at: number): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset + at);
}
