/**
 * Messages on their way out.
 *
 * @module
 */
import { bytesOf, Deque } from "../base/mod.ts";
import {
  type Batch,
  BATCH_BYTES_MAX,
  type BatchPool,
  SCRATCH_BYTES,
  SMALL_SCRATCH_BYTES,
} from "./batch.ts";
import { FLAG_COMMAND, FLAG_MORE } from "./frame.ts";
import type { TrafficWriter } from "./mechanism.ts";

/** With what each frame needs besides, this fits the small scratch. */
const SMALL_PAYLOAD_BYTES_MAX: number = SMALL_SCRATCH_BYTES - 1024;
const SMALL_PARTS_MAX = 16;

/** Commands that may wait; older ones make room for newer. */
const COMMANDS_QUEUED_MAX = 16;

/**
 * A queue of messages that becomes batches of bytes. Up to two batches are
 * out at once, so that one is filled while the other is written.
 */
export class Outbox {
  readonly #pool: BatchPool;
  readonly #messages = new Deque<readonly Uint8Array[]>();
  readonly #commands = new Deque<Uint8Array>();
  readonly #out = new Deque<Batch>();
  /** Bytes of the greeting and the handshake. */
  #raw: Uint8Array[] = [];
  #nextPart = 0;
  #payloadBytes = 0;
  #messageCount = 0;

  /** Takes the pool that batches come from. */
  constructor(pool: BatchPool) {
    this.#pool = pool;
  }

  /** Bytes of parts that are not written yet. */
  get payloadBytes(): number {
    return this.#payloadBytes;
  }

  /** Messages that are not written yet. */
  get messageCount(): number {
    return this.#messageCount;
  }

  /** Whether nothing at all waits or is being written. */
  get empty(): boolean {
    return this.#messageCount === 0 && this.#commands.length === 0 &&
      this.#raw.length === 0 && this.#out.length === 0;
  }

  /** Queues bytes that are no frames of the traffic. */
  raw(bytes: Uint8Array): void {
    this.#raw.push(bytes);
  }

  /** Queues a command of the traffic. */
  command(body: Uint8Array): void {
    if (this.#commands.length === COMMANDS_QUEUED_MAX) this.#commands.shift();
    this.#commands.push(body);
  }

  /** Queues a message whose parts hold `payloadBytes` together. */
  message(parts: readonly Uint8Array[], payloadBytes: number): void {
    this.#messages.push(parts);
    this.#messageCount++;
    this.#payloadBytes += payloadBytes;
  }

  /** Makes the next batch, or gives `undefined` when there is nothing. */
  next(writer: TrafficWriter | undefined): Batch | undefined {
    const traffic = writer !== undefined &&
      (this.#messages.length > 0 || this.#commands.length > 0);
    if (!traffic && this.#raw.length === 0) return undefined;
    const batch = this.#isSmall() ? this.#pool.takeSmall() : this.#pool.take();
    if (this.#raw.length > 0) {
      for (const bytes of this.#raw) {
        if (bytes.byteLength <= batch.room) batch.copy(bytes);
        else batch.append(bytes);
      }
      this.#raw = [];
    }
    if (traffic) {
      try {
        this.#fill(batch, writer);
        writer.finish(batch);
      } finally {
        this.#out.push(batch);
      }
    } else this.#out.push(batch);
    batch.cut();
    return batch;
  }

  /** Takes note that the oldest batch was written. */
  wrote(): void {
    const batch = this.#out.shift();
    if (batch === undefined) return;
    this.#payloadBytes -= batch.payloadBytes;
    this.#messageCount -= batch.messagesEnded;
    this.#pool.give(batch);
  }

  /**
   * Takes every message of which no byte was written, in order.
   *
   * @param writtenBytes Bytes of the oldest batch that were written.
   */
  takeUnsent(writtenBytes: number): (readonly Uint8Array[])[] {
    const unsent: (readonly Uint8Array[])[] = [];
    let written = writtenBytes;
    for (const batch of this.#out) {
      for (let index = 0; index < batch.messages.length; index++) {
        const message = batch.messages[index];
        const offset = batch.offsets[index];
        if (message === undefined || offset === undefined) continue;
        if (offset >= written) unsent.push(message);
      }
      written = 0;
    }
    // The first message of the queue has already begun when a part is out.
    if (this.#nextPart > 0) this.#messages.shift();
    for (const message of this.#messages) unsent.push(message);
    this.clear();
    return unsent;
  }

  /** Lets go of everything; batches that are being written are not reused. */
  clear(): void {
    this.#messages.clear();
    this.#commands.clear();
    this.#out.clear();
    this.#raw = [];
    this.#nextPart = 0;
    this.#payloadBytes = 0;
    this.#messageCount = 0;
  }

  /**
   * Whether the next batch is of a handshake, of commands or of a small message
   * alone, or ends with a large one, whose large parts are nowhere copied to: a
   * whole scratch for each of very many peers would cost more than what is
   * written.
   */
  #isSmall(): boolean {
    let large = 0;
    let small = bytesOf(this.#raw);
    if (this.#commands.length > 0) small += bytesOf([...this.#commands]);
    const parts = this.#messages.peek() ?? [];
    if (parts.length + this.#commands.length > SMALL_PARTS_MAX) return false;
    for (let index = this.#nextPart; index < parts.length; index++) {
      const bytes = parts[index]?.byteLength ?? 0;
      if (bytes > SCRATCH_BYTES) large += bytes;
      else small += bytes;
    }
    return small <= SMALL_PAYLOAD_BYTES_MAX &&
      (this.#messageCount <= 1 || large >= BATCH_BYTES_MAX);
  }

  #fill(batch: Batch, writer: TrafficWriter): void {
    while (batch.bytes < BATCH_BYTES_MAX) {
      // A command may not come between the parts of one message.
      if (this.#nextPart === 0 && this.#commands.length > 0) {
        const command = this.#commands.peek();
        if (command === undefined) return;
        if (!writer.frame(batch, FLAG_COMMAND, command)) return;
        this.#commands.shift();
        continue;
      }
      const message = this.#messages.peek();
      if (message === undefined) return;
      if (!this.#fillFrom(message, batch, writer)) return;
    }
  }

  /** Adds parts of the first message; says whether all of them fitted. */
  #fillFrom(
    message: readonly Uint8Array[],
    batch: Batch,
    writer: TrafficWriter,
  ): boolean {
    const last = message.length - 1;
    for (let index = this.#nextPart; index <= last; index++) {
      const part = message[index];
      if (part === undefined) break;
      const offset = batch.bytes;
      if (!writer.frame(batch, index < last ? FLAG_MORE : 0, part)) {
        this.#nextPart = index;
        return false;
      }
      if (index === 0) batch.begin(message, offset);
      batch.payloadBytes += part.byteLength;
    }
    this.#nextPart = 0;
    this.#messages.shift();
    batch.messagesEnded++;
    return true;
  }
}
