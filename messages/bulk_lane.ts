/**
 * Where messages with much payload wait for their turn, and those that may
 * not go ahead of them.
 *
 * @module
 */
import { Deque } from "../base/mod.ts";
import { encodeEnvelopes, type Envelope, type Message } from "./envelope.ts";
import { orderKeys } from "./message_order.ts";
import {
  Transfer,
  TRANSFER_BYTES_MIN,
  TRANSFER_WINDOW_BYTES,
} from "./transfer.ts";

interface Waiting {
  readonly envelope: Envelope;
  readonly bytes: number;
  /** `undefined` for one that nothing may pass. */
  readonly keys: readonly string[] | undefined;
}

interface Current {
  readonly entry: Waiting;
  readonly transfer: Transfer;
}

/** A part that the peer has not acknowledged. */
interface Flying {
  readonly transfer: number;
  readonly index: number;
  readonly bytes: number;
}

/** One transfer at a time; the peer's word for each part opens the window. */
export class BulkLane {
  readonly #waiting = new Deque<Waiting>();
  /** How many of those that wait, or travel, are about what. */
  readonly #keys = new Map<string, number>();
  readonly #flying = new Deque<Flying>();
  #flyingBytes = 0;
  #barriers = 0;
  #current: Current | undefined;
  #bytes = 0;
  #transfers = 0;

  /** Messages that have not been given away to their end. */
  get length(): number {
    return this.#waiting.length + (this.#current === undefined ? 0 : 1);
  }

  /** Bytes of their payload. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Whether a message has to wait here. */
  wants(message: Message, bytes: number): boolean {
    if (bytes > TRANSFER_BYTES_MIN) return true;
    if (this.length === 0) return false;
    if (this.#barriers > 0) return true;
    const keys = orderKeys(message);
    return keys === undefined || keys.some((key) => this.#keys.has(key));
  }

  /** Adds a message behind the others. */
  push(envelope: Envelope, bytes: number): void {
    const keys = orderKeys(envelope.message);
    this.#waiting.push({ envelope, bytes, keys });
    this.#bytes += bytes;
    this.#count(keys, 1);
  }

  /** The next message that needs no parts, when it is its turn. */
  takeSmall(): Envelope | undefined {
    const first = this.#waiting.peek();
    if (
      this.#current !== undefined || first === undefined ||
      first.bytes > TRANSFER_BYTES_MIN
    ) return undefined;
    this.#waiting.shift();
    this.#forget(first);
    return first.envelope;
  }

  /** The next part, if the window is open. */
  nextPart(): readonly Uint8Array[] | undefined {
    if (this.#flyingBytes >= TRANSFER_WINDOW_BYTES) return undefined;
    const current = this.#current ?? this.#begin();
    if (current === undefined) return undefined;
    const { entry, transfer } = current;
    const part = transfer.next();
    let bytes = 0;
    for (const frame of part) bytes += frame.byteLength;
    const { number, index } = transfer;
    this.#flying.push({ transfer: number, index, bytes });
    this.#flyingBytes += bytes;
    if (transfer.isDone) {
      this.#current = undefined;
      this.#forget(entry);
    }
    return part;
  }

  /** The peer has this part and all before it; says whether that is news. */
  acknowledged(transfer: number, index: number): boolean {
    const before = this.#flying.length;
    for (;;) {
      const first = this.#flying.peek();
      if (first === undefined || first.transfer > transfer) break;
      if (first.transfer === transfer && first.index > index) break;
      this.#flying.shift();
      this.#flyingBytes -= first.bytes;
    }
    return this.#flying.length < before;
  }

  /** Another connection: what was on its way has to begin again. */
  restart(): void {
    this.#flying.clear();
    this.#flyingBytes = 0;
    this.#current?.transfer.restart(this.#transfers++);
  }

  /** Forgets everything. */
  clear(): void {
    this.#waiting.clear();
    this.#keys.clear();
    this.#flying.clear();
    this.#flyingBytes = 0;
    this.#barriers = 0;
    this.#current = undefined;
    this.#bytes = 0;
  }

  #begin(): Current | undefined {
    const entry = this.#waiting.shift();
    if (entry === undefined) return undefined;
    const frames = encodeEnvelopes([entry.envelope]);
    const transfer = new Transfer(frames, this.#transfers++);
    this.#current = { entry, transfer };
    return this.#current;
  }

  #forget({ bytes, keys }: Waiting): void {
    this.#bytes -= bytes;
    this.#count(keys, -1);
  }

  #count(keys: readonly string[] | undefined, by: 1 | -1): void {
    if (keys === undefined) {
      this.#barriers += by;
      return;
    }
    for (const key of keys) {
      const count = (this.#keys.get(key) ?? 0) + by;
      if (count === 0) this.#keys.delete(key);
      else this.#keys.set(key, count);
    }
  }
}
