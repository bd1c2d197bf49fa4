/**
 * One task for many engines: what is said to each of them differs in nothing
 * but the id, and so what is alike is encoded once.
 *
 * @module
 */
import { concatBytes, EMPTY_BYTES } from "../base/mod.ts";
import { encodeCbor } from "./cbor.ts";
import {
  encodeEnvelopes,
  type Envelope,
  OWN_FRAME_BYTES_MIN,
} from "./envelope.ts";
import { SharedRoom } from "./shared_room.ts";
import type { TaskAssign } from "./task.ts";

/** Tasks with more payload are encoded for each engine: it matters little. */
const ALIKE_BYTES_MAX: number = 64 << 10;

/** Every field but the two that are looked at apart; the compiler counts. */
const FIELDS: { readonly [K in Exclude<keyof TaskAssign, "type" | "id">]: K } =
  {
    client: "client",
    work: "work",
    timeoutMs: "timeoutMs",
    permissions: "permissions",
    inputParts: "inputParts",
    attempt: "attempt",
    isHeld: "isHeld",
    waits: "waits",
    trace: "trace",
  };
const FIELD_NAMES = Object.values(FIELDS);

/** The last task, and once there was another like it, what they share. */
interface Known {
  readonly message: TaskAssign;
  readonly payload: readonly Uint8Array[];
  /** The head before and behind the id. */
  before: Uint8Array;
  behind: Uint8Array;
  /** What follows the head. */
  frames: readonly Uint8Array[];
}

/**
 * Encodes envelopes for several peers, one after another, as
 * {@linkcode encodeEnvelopes} does. It holds a little of the last task.
 */
export class AlikeTasks {
  #known: Known | undefined;
  readonly #room = new SharedRoom();

  /** The frames of one ZeroMQ message, which nobody may change. */
  encode(envelopes: readonly Envelope[]): Uint8Array[] {
    const last = envelopes[envelopes.length - 1];
    if (last?.message.type !== "task_assign") return encodeEnvelopes(envelopes);
    const { message, payload } = last;
    const known = this.#known;
    if (known === undefined || !isAlike(known, message, payload)) {
      this.#remember(message, payload);
      return encodeEnvelopes(envelopes);
    }
    if (!isAscii(message.id) || !isAlone(envelopes)) {
      return encodeEnvelopes(envelopes);
    }
    if (known.before.byteLength === 0) share(known);
    return [this.#head(known, envelopes, message.id), ...known.frames];
  }

  #remember(message: TaskAssign, payload: readonly Uint8Array[]): void {
    let bytes = 0;
    for (const part of payload) bytes += part.byteLength;
    this.#known = bytes > ALIKE_BYTES_MAX ? undefined : {
      ...{ message, payload, frames: [] },
      ...{ before: EMPTY_BYTES, behind: EMPTY_BYTES },
    };
  }

  #head(
    { before, behind }: Known,
    envelopes: readonly Envelope[],
    id: string,
  ): Uint8Array {
    const others = envelopes.length === 1
      ? EMPTY_BYTES
      : encodeOthers(envelopes);
    const list = 2 * envelopes.length;
    const head = this.#room.take(
      markBytes(list) + others.byteLength + before.byteLength +
        markBytes(id.length) + id.length + behind.byteLength,
    );
    let at = writeMark(head, 0, ARRAY, list);
    head.set(others, at);
    at += others.byteLength;
    head.set(before, at);
    at = writeMark(head, at + before.byteLength, TEXT, id.length);
    for (let index = 0; index < id.length; index++) {
      head[at++] = id.charCodeAt(index);
    }
    head.set(behind, at);
    return head;
  }
}

/** CBOR's major types, and the most bytes before an item as short as ours. */
const TEXT = 0x60;
const ARRAY = 0x80;
const MAP = 0xa0;
const MARK_BYTES_MAX = 5;
const INLINE_MAX = 23;

/** The length of what comes before a text, a list or a map. */
function markBytes(length: number): number {
  return length <= INLINE_MAX
    ? 1
    : length < 1 << 8
    ? 2
    : length < 1 << 16
    ? 3
    : 5;
}

/** Writes what comes before a text, a list or a map; where it goes on. */
function writeMark(
  target: Uint8Array,
  from: number,
  type: number,
  length: number,
): number {
  let at = from;
  if (length <= INLINE_MAX) {
    target[at++] = type | length;
  } else if (length < 1 << 8) {
    target[at++] = type | 24;
    target[at++] = length;
  } else if (length < 1 << 16) {
    target[at++] = type | 25;
    target[at++] = length >>> 8;
    target[at++] = length;
  } else {
    target[at++] = type | 26;
    target[at++] = length >>> 24;
    target[at++] = length >>> 16;
    target[at++] = length >>> 8;
    target[at++] = length;
  }
  return at;
}

/** Encodes what a task shares with those that are alike. */
function share(known: Known): void {
  const { message, payload } = known;
  const { type } = message;
  const names = FIELD_NAMES.filter((name) => message[name] !== undefined);
  const mark = new Uint8Array(MARK_BYTES_MAX);
  const markEnd = writeMark(mark, 0, MAP, names.length + 2);
  known.before = concatBytes([
    mark.subarray(0, markEnd),
    ...["type", type, "id"].map(encodeCbor),
  ]);
  const [, ...frames] = encodeEnvelopes([{ message, payload }]);
  const sizes = payload.map(({ byteLength }) =>
    byteLength >= OWN_FRAME_BYTES_MIN ? -byteLength : byteLength
  );
  known.behind = concatBytes([
    ...names.flatMap((name) => [encodeCbor(name), encodeCbor(message[name])]),
    encodeCbor(sizes),
  ]);
  known.frames = frames;
}

/** All but the last message with their sizes, as items without a list. */
function encodeOthers(envelopes: readonly Envelope[]): Uint8Array {
  const items: unknown[] = [];
  for (let index = 0; index < envelopes.length - 1; index++) {
    items.push(envelopes[index]?.message, []);
  }
  const list = encodeCbor(items);
  const mark = new Uint8Array(MARK_BYTES_MAX);
  return list.subarray(writeMark(mark, 0, ARRAY, items.length));
}

/** Whether only the last message has a payload. */
function isAlone(envelopes: readonly Envelope[]): boolean {
  for (let index = 0; index < envelopes.length - 1; index++) {
    if (envelopes[index]?.payload.length !== 0) return false;
  }
  return true;
}

/** Whether a task is the last one for another engine. Parts are not read. */
function isAlike(
  known: Known,
  message: TaskAssign,
  payload: readonly Uint8Array[],
): boolean {
  if (known.payload !== payload) {
    if (known.payload.length !== payload.length) return false;
    for (let index = 0; index < payload.length; index++) {
      if (known.payload[index] !== payload[index]) return false;
    }
  }
  for (const name of FIELD_NAMES) {
    if (known.message[name] !== message[name]) return false;
  }
  return true;
}

function isAscii(text: string): boolean {
  for (let index = 0; index < text.length; index++) {
    if (text.charCodeAt(index) > 0x7f) return false;
  }
  return true;
}
