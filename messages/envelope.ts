/**
 * Envelopes: how messages and their payloads become the frames of one ZeroMQ
 * message. Several messages travel together when there are several.
 *
 * Frames: a head, then (if any message has payload) a body, then large
 * buffers. The head is a CBOR array `[m1, s1, m2, s2, …]`: each message as a
 * map, and the sizes of its payload parts. A size `n >= 0` is the next `n`
 * bytes of the body; a size `-n` is the next large frame, of `n` bytes.
 * Outcomes that differ in their ids only are said in a row.
 *
 * @module
 */
import { LimitError, ProtocolError, SharedRoom } from "../base/mod.ts";
import { auditCodecs, type AuditMessage } from "./audit.ts";
import { decodeCbor, encodeCborInto } from "./cbor.ts";
import { channelCodecs, type ChannelTraffic } from "./channel.ts";
import { controlCodecs, type ControlMessage } from "./control.ts";
import { drainCodecs, type DrainMessage } from "./drain.ts";
import { type Fields, isFields } from "./fields.ts";
import { heartbeatCodecs, type HeartbeatMessage } from "./heartbeat.ts";
import { leafCodecs, type LeafMessage } from "./leaf.ts";
import { observationCodecs, type ObservationMessage } from "./observation.ts";
import { outputCodecs, type OutputMessage } from "./output.ts";
import { recordCodecs, type RecordMessage } from "./records.ts";
import {
  registrationCodecs,
  type RegistrationMessage,
} from "./registration.ts";
import { sessionCodecs, type SessionMessage } from "./session.ts";
import { slotCodecs, type SlotMessage } from "./slot.ts";
import { taskCodecs, type TaskMessage } from "./task.ts";
import {
  beginRow,
  extendRow,
  isRow,
  readRow,
  type UnrunRow,
} from "./unrun_outcomes.ts";
import { taskEventCodecs, type TaskEventMessage } from "./task_event.ts";

/** Everything that processes say to one another. */
export type Message =
  | ChannelTraffic
  | AuditMessage
  | ControlMessage
  | DrainMessage
  | HeartbeatMessage
  | LeafMessage
  | ObservationMessage
  | OutputMessage
  | RecordMessage
  | RegistrationMessage
  | SessionMessage
  | SlotMessage
  | TaskEventMessage
  | TaskMessage;

/** Whether a message is about records, or about what they are made of. */
export function isAboutRecords(
  message: Message,
): message is RecordMessage | ObservationMessage {
  return Object.hasOwn(recordCodecs, message.type) ||
    Object.hasOwn(observationCodecs, message.type);
}

/** A message and the payload that travels with it. */
export interface Envelope {
  /** What is said. */
  readonly message: Message;
  /** Bytes that only the last reader looks into. */
  readonly payload: readonly Uint8Array[];
}

/** Payload parts of at least this many bytes get a frame of their own. */
export const OWN_FRAME_BYTES_MIN: number = 16 << 10;
/** Most messages that travel in one envelope. */
export const ENVELOPE_MESSAGES_MAX = 1024;
/** Most payload parts of one message. */
export const PAYLOAD_PARTS_MAX = 65536;

/** Frames are short-lived: they are sent, and forgotten. */
const room = new SharedRoom();
const NO_SIZES: readonly number[] = [];
const NO_PAYLOAD: readonly Uint8Array[] = [];

type Codecs = {
  readonly [K in Message["type"]]: (
    fields: Fields,
  ) => Extract<Message, { type: K }>;
};

const codecs: Codecs = {
  ...channelCodecs,
  ...auditCodecs,
  ...controlCodecs,
  ...drainCodecs,
  ...heartbeatCodecs,
  ...leafCodecs,
  ...observationCodecs,
  ...outputCodecs,
  ...recordCodecs,
  ...registrationCodecs,
  ...sessionCodecs,
  ...slotCodecs,
  ...taskCodecs,
  ...taskEventCodecs,
};

/** Every type of message, in the order of the alphabet. */
export const MESSAGE_TYPES: readonly string[] = Object.keys(codecs).sort();

// Looked up with a word from the peer, so a Map and not an object.
const readers: ReadonlyMap<unknown, (fields: Fields) => Message> = new Map(
  Object.entries(codecs),
);

/** How a head tells a part's length: below zero, it is a frame of its own. */
export function announcedSize({ byteLength }: Uint8Array): number {
  return byteLength >= OWN_FRAME_BYTES_MIN ? -byteLength : byteLength;
}

/**
 * Encodes messages into the frames of one ZeroMQ message. Large payload
 * parts are not copied: the caller leaves them alone until they are sent.
 */
export function encodeEnvelopes(envelopes: readonly Envelope[]): Uint8Array[] {
  const head: unknown[] = [];
  const frames: Uint8Array[] = [];
  let bodyBytes = 0;
  let hasPayload = false;
  let row: UnrunRow | undefined;
  for (let index = 0; index < envelopes.length; index++) {
    const { message, payload } = envelopes[index] as Envelope;
    if (payload.length === 0) {
      if (message.type !== "task_outcome") row = undefined;
      else if (row !== undefined && extendRow(row, message)) continue;
      else row = beginRow(message);
      head.push(row ?? message, NO_SIZES);
      continue;
    }
    row = undefined;
    hasPayload = true;
    const sizes: number[] = [];
    for (let at = 0; at < payload.length; at++) {
      const part = payload[at] as Uint8Array;
      const size = announcedSize(part);
      sizes.push(size);
      if (size < 0) frames.push(part);
      else bodyBytes += size;
    }
    head.push(message, sizes);
  }
  const encoded = encodeCborInto(room, head);
  if (!hasPayload) return [encoded];
  return [encoded, encodeBody(envelopes, bodyBytes), ...frames];
}

function encodeBody(
  envelopes: readonly Envelope[],
  bodyBytes: number,
): Uint8Array {
  const body = room.take(bodyBytes);
  let offset = 0;
  for (let index = 0; index < envelopes.length; index++) {
    const { payload } = envelopes[index] as Envelope;
    for (let at = 0; at < payload.length; at++) {
      const part = payload[at] as Uint8Array;
      if (part.byteLength >= OWN_FRAME_BYTES_MIN) continue;
      body.set(part, offset);
      offset += part.byteLength;
    }
  }
  return body;
}

/**
 * Decodes the frames of one ZeroMQ message. Payload parts are views of the
 * frames.
 *
 * @throws {ProtocolError} when the frames are not what they should be.
 * @throws {LimitError} when a limit is exceeded.
 */
export function decodeEnvelopes(frames: readonly Uint8Array[]): Envelope[] {
  const first = frames[0];
  if (first === undefined) {
    throw new ProtocolError("Cannot read message: empty");
  }
  const head = decodeCbor(first);
  if (!Array.isArray(head) || head.length % 2 !== 0) {
    throw new ProtocolError("Cannot read message: head is not a list of pairs");
  }
  if (head.length > 2 * ENVELOPE_MESSAGES_MAX) throw tooMany(head.length / 2);
  const payloads = new PayloadReader(frames);
  const envelopes: Envelope[] = [];
  for (let index = 0; index < head.length; index += 2) {
    const said: unknown = head[index];
    const payload = payloads.take(head[index + 1]);
    if (!isRow(said)) envelopes.push({ message: readMessage(said), payload });
    else addRow(envelopes, readRow(said));
  }
  payloads.end();
  return envelopes;
}

/** Adds the outcomes of a row, which count as what they are. */
function addRow(envelopes: Envelope[], outcomes: readonly Message[]): void {
  const count = envelopes.length + outcomes.length;
  if (count > ENVELOPE_MESSAGES_MAX) throw tooMany(count);
  for (const message of outcomes) {
    envelopes.push({ message, payload: NO_PAYLOAD });
  }
}

function tooMany(count: number): LimitError {
  return new LimitError(
    `Cannot read message: ${count} in one envelope, at most ${ENVELOPE_MESSAGES_MAX}`,
    { limit: "ENVELOPE_MESSAGES_MAX" },
  );
}

/**
 * Bytes of the large frames that belong to a head: of all together, and of
 * the message that has most.
 */
export function largeFrameBytes(
  head: Uint8Array,
): { readonly all: number; readonly most: number } {
  const pairs = decodeCbor(head);
  let all = 0;
  let most = 0;
  if (!Array.isArray(pairs)) return { all, most };
  for (let index = 1; index < pairs.length; index += 2) {
    const sizes: unknown = pairs[index];
    if (!Array.isArray(sizes)) continue;
    let bytes = 0;
    for (const size of sizes) {
      if (typeof size === "number" && size < 0) bytes -= size;
    }
    all += bytes;
    most = Math.max(most, bytes);
  }
  return { all, most };
}

/**
 * Reads the fields of one message.
 *
 * @throws {ProtocolError} when they are not what they should be.
 */
export function readMessage(value: unknown): Message {
  if (!isFields(value)) {
    throw new ProtocolError("Cannot read message: it is not a map");
  }
  const read = readers.get(value["type"]);
  if (read === undefined) {
    throw new ProtocolError(
      `Cannot read message: type ${JSON.stringify(value["type"])} is not known`,
    );
  }
  return read(value);
}

/** Hands out payload parts in order. */
class PayloadReader {
  readonly #frames: readonly Uint8Array[];
  #frame = 2;
  #offset = 0;

  constructor(frames: readonly Uint8Array[]) {
    this.#frames = frames;
  }

  take(sizes: unknown): readonly Uint8Array[] {
    if (!Array.isArray(sizes) || sizes.length > PAYLOAD_PARTS_MAX) {
      throw new ProtocolError("Cannot read message: sizes are not a list");
    }
    if (sizes.length === 0) return NO_PAYLOAD;
    const parts: Uint8Array[] = new Array(sizes.length);
    for (let index = 0; index < sizes.length; index++) {
      parts[index] = this.#part(sizes[index]);
    }
    return parts;
  }

  #part(size: unknown): Uint8Array {
    if (typeof size !== "number" || !Number.isSafeInteger(size)) {
      throw new ProtocolError("Cannot read message: a size is not a number");
    }
    if (size < 0) {
      const frame = this.#frames[this.#frame++];
      if (frame?.byteLength !== -size) {
        throw new ProtocolError("Cannot read message: payload frame missing");
      }
      return frame;
    }
    const body = this.#frames[1];
    if (body === undefined || size > body.byteLength - this.#offset) {
      throw new ProtocolError("Cannot read message: payload ends too early");
    }
    const part = body.subarray(this.#offset, this.#offset + size);
    this.#offset += size;
    return part;
  }

  /** Checks that nothing is left over. */
  end(): void {
    const bodyLeft = (this.#frames[1]?.byteLength ?? 0) - this.#offset;
    const framesLeft = Math.max(this.#frames.length, 2) - this.#frame;
    if (bodyLeft !== 0 || framesLeft !== 0) {
      throw new ProtocolError("Cannot read message: payload left over");
    }
  }
}
