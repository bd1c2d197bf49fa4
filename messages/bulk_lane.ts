/**
 * Where messages with much payload wait for their turn, and those that may
 * not go ahead of them.
 *
 * @module
 */
import { bytesOf, Deque } from "../base/mod.ts";
import { AheadTransfer } from "./ahead_transfer.ts";
import type { Begun } from "./begun.ts";
import { encodeEnvelopes, type Envelope, type Message } from "./envelope.ts";
import { orderKeys } from "./message_order.ts";
import {
  type Outgoing,
  Transfer,
  TRANSFER_BYTES_MIN,
  TRANSFER_WINDOW_BYTES,
} from "./transfer.ts";

interface Waiting {
  readonly envelope: Envelope;
  readonly bytes: number;
  /** `undefined` for one that nothing may pass. */
  readonly keys: readonly string[] | undefined;
  /** How it travels, once that has begun. */
  transfer: Outgoing | undefined;
}

/** A part that the peer has not acknowledged. */
interface Flying {
  readonly transfer: number;
  readonly index: number;
  readonly bytes: number;
}

/**
 * One transfer at a time; the peer's word for each part opens the window. While
 * there is none, what is sent ahead has its turn: a message that is not here
 * yet, and counts for nothing before somebody says it.
 */
export class BulkLane {
  readonly #waiting = new Deque<Waiting>();
  /** How many of those that wait, or travel, are about what. */
  readonly #keys = new Map<string, number>();
  readonly #flying = new Deque<Flying>();
  #flyingBytes = 0;
  #barriers = 0;
  #current: Waiting | undefined;
  #ahead: AheadTransfer | undefined;
  /** Tells the peer to forget what was sent ahead. */
  readonly #abandoned: (readonly Uint8Array[])[] = [];
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
    const transfer = this.#claimed(envelope);
    this.#waiting.push({ envelope, bytes, keys, transfer });
    this.#bytes += bytes;
    this.#count(keys, 1);
  }

  /** Begins to send a message that is not here yet, if it is worth it. */
  begin(begun: Begun): AheadTransfer | undefined {
    if (this.#ahead !== undefined || begun.bytes <= TRANSFER_BYTES_MIN) {
      return undefined;
    }
    this.#ahead = new AheadTransfer(begun, this.#transfers++);
    return this.#ahead;
  }

  /** Whether a message is still awaited that is sent ahead. */
  awaits(ahead: AheadTransfer): boolean {
    return this.#ahead === ahead;
  }

  /** What is sent ahead becomes no message; nothing where it has become one. */
  abandon(ahead: AheadTransfer): void {
    if (this.#ahead !== ahead) return;
    this.#ahead = undefined;
    const part = ahead.abandoned();
    if (part !== undefined) this.#abandoned.push(part);
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
    const abandoned = this.#abandoned.shift();
    if (abandoned !== undefined) return abandoned;
    if (this.#flyingBytes >= TRANSFER_WINDOW_BYTES) return undefined;
    const current = this.#current ??= this.#waiting.shift();
    if (current === undefined) {
      return this.#ahead?.hasPart === true
        ? this.#partOf(this.#ahead)
        : undefined;
    }
    const transfer = current.transfer ??= this.#transferOf(current);
    const part = this.#partOf(transfer);
    if (transfer.isDone) {
      this.#current = undefined;
      this.#forget(current);
    }
    return part;
  }

  /** The peer has this part and all before it; says whether that is news. */
  acknowledged(transfer: number, index: number): boolean {
    if (!this.#isFlying(transfer, index)) return false;
    for (let part = this.#flying.shift(); part; part = this.#flying.shift()) {
      this.#flyingBytes -= part.bytes;
      if (part.transfer === transfer && part.index === index) break;
    }
    return true;
  }

  /** Another connection: what was on its way has to begin again. */
  restart(): void {
    this.#flying.clear();
    this.#flyingBytes = 0;
    this.#ahead = undefined;
    this.#abandoned.length = 0;
    for (const entry of this.#waiting) entry.transfer = undefined;
    if (this.#current !== undefined) this.#current.transfer = undefined;
  }

  /** Forgets everything. */
  clear(): void {
    this.#waiting.clear();
    this.#keys.clear();
    this.#flying.clear();
    this.#flyingBytes = 0;
    this.#barriers = 0;
    this.#current = undefined;
    this.#ahead = undefined;
    this.#abandoned.length = 0;
    this.#bytes = 0;
  }

  #transferOf({ envelope }: Waiting): Outgoing {
    return new Transfer(encodeEnvelopes([envelope]), this.#transfers++);
  }

  /** The transfer in which the frames of a message are on their way already. */
  #claimed(envelope: Envelope): Outgoing | undefined {
    const ahead = this.#ahead;
    // One that has not begun goes as a whole.
    if (ahead === undefined || ahead.index < 0) return undefined;
    const frames = encodeEnvelopes([envelope]);
    if (!ahead.isOf(frames)) return undefined;
    this.#ahead = undefined;
    ahead.finish(frames);
    return ahead;
  }

  #partOf(transfer: Outgoing): readonly Uint8Array[] {
    const part = transfer.next();
    const bytes = bytesOf(part);
    const { number, index } = transfer;
    this.#flying.push({ transfer: number, index, bytes });
    this.#flyingBytes += bytes;
    return part;
  }

  #isFlying(transfer: number, index: number): boolean {
    for (const part of this.#flying) {
      if (part.transfer === transfer && part.index === index) return true;
    }
    return false;
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
