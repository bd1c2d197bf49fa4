/**
 * What waits to be said to one peer. Messages posted in the same turn travel
 * in one envelope; a single one leaves at the end of the turn, without delay.
 *
 * @module
 */
import { bytesOf, Deque } from "../base/mod.ts";
import type { Begun, PassOn } from "./begun.ts";
import { BulkLane } from "./bulk_lane.ts";
import {
  encodeEnvelopes,
  type Envelope,
  ENVELOPE_MESSAGES_MAX,
  type Message,
} from "./envelope.ts";
import { isTransfer } from "./transfer.ts";

/** Sends the frames of one message; `full` takes nothing. */
export type SendFrames = (
  frames: readonly Uint8Array[],
) => "sent" | "full" | "gone";

/** Options of {@linkcode Outbox}. */
export interface OutboxOptions {
  /** Where the frames go. */
  readonly send: SendFrames;
  /** Has written what the socket took, at once instead of after this turn. */
  readonly write?: () => void;
  /** Most messages that wait. @default 4_194_304 */
  readonly messagesMax?: number;
  /** Most bytes of payload and output that wait, beside one message. @default 8 GiB */
  readonly bytesMax?: number;
  /** Payload bytes after which an envelope is closed. @default 65_536 */
  readonly envelopeBytesMax?: number;
  /**
   * Whether large messages travel in parts, which others pass; the peer's
   * acknowledgements must be handed on. @default false
   */
  readonly inParts?: boolean;
  /** Makes the frames of envelopes. @default encodeEnvelopes */
  readonly encode?: (envelopes: readonly Envelope[]) => Uint8Array[];
}

/** Most messages that wait in an outbox unless told otherwise. */
export const OUTBOX_MESSAGES_MAX: number = 4 << 20;
/**
 * Most payload bytes that wait in an outbox unless told otherwise: what a
 * scheduler holds at most.
 */
export const OUTBOX_BYTES_MAX: number = 8 * 2 ** 30;
/** Payload bytes after which an envelope is closed unless told otherwise. */
export const OUTBOX_ENVELOPE_BYTES_MAX: number = 64 << 10;
/**
 * Payload parts after which an envelope is closed: their sizes are in its
 * head, and what others have sent may have very many.
 */
export const OUTBOX_ENVELOPE_PARTS_MAX: number = 16 << 10;
/** Most messages put into one envelope: small enough to overlap the work. */
export const OUTBOX_BATCH_MAX = 128;

/** Messages of one turn after which it does not wait for its end. */
const OUTBOX_EARLY: number = 4 * OUTBOX_BATCH_MAX;

/** What the id of a task takes, more or less. */
const ID_BYTES = 20;

const NO_PAYLOAD: readonly Uint8Array[] = [];

/** Collects messages for one peer and sends them in envelopes. */
export class Outbox {
  readonly #send: SendFrames;
  readonly #write: () => void;
  readonly #run = (): void => this.flush();
  readonly #messagesMax: number;
  readonly #bytesMax: number;
  readonly #envelopeBytesMax: number;
  readonly #encode: (envelopes: readonly Envelope[]) => Uint8Array[];
  readonly #waiting = new Deque<Envelope>();
  readonly #lane: BulkLane | undefined;
  #unsent: readonly Uint8Array[] | undefined;
  #bytes = 0;
  #scheduled = false;
  #paused = false;

  /** Makes an outbox with nothing in it. */
  constructor(options: OutboxOptions) {
    this.#send = options.send;
    this.#write = options.write ?? (() => {});
    this.#messagesMax = options.messagesMax ?? OUTBOX_MESSAGES_MAX;
    this.#bytesMax = options.bytesMax ?? OUTBOX_BYTES_MAX;
    this.#lane = options.inParts === true ? new BulkLane() : undefined;
    this.#envelopeBytesMax = options.envelopeBytesMax ??
      OUTBOX_ENVELOPE_BYTES_MAX;
    this.#encode = options.encode ?? encodeEnvelopes;
  }

  /** Messages that have not been given to the socket. */
  get length(): number {
    return this.#waiting.length + (this.#lane?.length ?? 0);
  }

  /** Bytes of payload and output that have not been given to the socket. */
  get bytes(): number {
    return this.#bytes + (this.#lane?.bytes ?? 0);
  }

  /** Whether the socket has refused to take more. */
  get paused(): boolean {
    return this.#paused;
  }

  /**
   * Adds a message; `false` means that the outbox is full and the message
   * was not taken.
   */
  post(message: Message, payload: readonly Uint8Array[] = NO_PAYLOAD): boolean {
    if (this.length >= this.#messagesMax) return false;
    const bytes = weight(message, payload);
    const waiting = this.bytes;
    // One message larger than the limit may pass when nothing else waits.
    if (waiting > 0 && waiting + bytes > this.#bytesMax) return false;
    if (this.#lane?.wants(message, bytes) === true) {
      this.#lane.push({ message, payload }, bytes);
    } else {
      this.#bytes += bytes;
      this.#waiting.push({ message, payload });
    }
    // Where a turn says very much, the peer begins while it goes on.
    const isMuch = this.#waiting.length >= OUTBOX_EARLY ||
      this.#bytes >= this.#envelopeBytesMax;
    if (isMuch && !this.#paused) this.flush();
    else this.#schedule();
    return true;
  }

  /**
   * Begins to send a large message that is not here yet. Whoever takes its
   * frames as they come takes them for nothing unless the message is posted,
   * with these very frames, before their end.
   *
   * @returns Nothing where it has to wait until it is here.
   */
  ahead(begun: Begun): PassOn | undefined {
    const lane = this.#lane;
    const waiting = this.bytes;
    if (waiting > 0 && waiting + begun.bytes > this.#bytesMax) return undefined;
    const transfer = lane?.begin(begun);
    if (lane === undefined || transfer === undefined) return undefined;
    this.#schedule();
    return {
      push: (frame) => {
        if (!lane.awaits(transfer)) return;
        transfer.push(frame);
        this.#schedule();
      },
      end: () => {
        lane.abandon(transfer);
        this.#schedule();
      },
    };
  }

  /** Sends what waits, as far as the socket takes it. */
  flush(): void {
    this.#scheduled = false;
    this.#paused = false;
    for (;;) {
      this.#unsent ??= this.#nextFrames();
      if (this.#unsent === undefined) return this.#write();
      if (this.#send(this.#unsent) === "full") {
        this.#paused = true;
        return;
      }
      this.#unsent = undefined;
    }
  }

  /** The peer has taken a part of a transfer. */
  acknowledged(transfer: number, index: number): void {
    if (this.#lane?.acknowledged(transfer, index) !== true) return;
    if (!this.#scheduled && !this.#paused) this.flush();
  }

  /** The connection is a new one: an unfinished transfer begins again. */
  reconnected(): void {
    // A part of what begins again means nothing there.
    if (this.#unsent !== undefined && isTransfer(this.#unsent)) {
      this.#unsent = undefined;
    }
    this.#lane?.restart();
    this.flush();
  }

  /** Forgets what waits, when the peer is gone for good. */
  clear(): void {
    this.#lane?.clear();
    this.#waiting.clear();
    this.#bytes = 0;
    this.#unsent = undefined;
  }

  #schedule(): void {
    if (this.#scheduled || this.#paused) return;
    this.#scheduled = true;
    queueMicrotask(this.#run);
  }

  #nextFrames(): readonly Uint8Array[] | undefined {
    this.#takeFromLane();
    if (this.#waiting.length === 0) return this.#lane?.nextPart();
    const envelopes: Envelope[] = [];
    let bytes = 0;
    let parts = 0;
    while (
      envelopes.length < OUTBOX_BATCH_MAX && bytes < this.#envelopeBytesMax &&
      parts < OUTBOX_ENVELOPE_PARTS_MAX
    ) {
      const next = this.#waiting.shift();
      if (next === undefined) break;
      bytes += weight(next.message, next.payload);
      parts += next.payload.length;
      envelopes.push(next);
    }
    this.#bytes -= bytes;
    return this.#encode(envelopes);
  }

  /** What has waited only for a transfer that is on its way now. */
  #takeFromLane(): void {
    const lane = this.#lane;
    if (lane === undefined || lane.length === 0) return;
    for (let next = lane.takeSmall(); next; next = lane.takeSmall()) {
      this.#bytes += weight(next.message, next.payload);
      this.#waiting.push(next);
    }
  }
}

/** Bytes that a message brings along; most fields are small. */
function weight(message: Message, payload: readonly Uint8Array[]): number {
  const bytes = bytesOf(payload);
  if (message.type === "output") return bytes + message.text.length;
  if (message.type === "task_cancel") {
    return bytes + message.ids.length * ID_BYTES;
  }
  return bytes;
}

if (OUTBOX_BATCH_MAX > ENVELOPE_MESSAGES_MAX) {
  throw new RangeError("Cannot batch more messages than an envelope holds");
}
