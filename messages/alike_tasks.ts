/**
 * One task for many engines: what is said to each of them differs in nothing
 * but the id, and so what is alike is encoded once.
 *
 * @module
 */
import { bytesOf, concatBytes, EMPTY_BYTES, SharedRoom } from "../base/mod.ts";
import { encodeCbor } from "./cbor.ts";
import {
  LONGEST_HEAD_BYTES,
  MAJOR_ARRAY,
  MAJOR_MAP,
  MAJOR_TEXT,
  writeHead,
} from "./cbor_writer.ts";
import { announcedSize, encodeEnvelopes, type Envelope } from "./envelope.ts";
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

/** Where heads are written of which only the length matters. */
const scratch = new Uint8Array(LONGEST_HEAD_BYTES);

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
    const bytes = bytesOf(payload);
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
    const head = this.#room.take(
      2 * LONGEST_HEAD_BYTES + others.byteLength + before.byteLength +
        id.length + behind.byteLength,
    );
    let at = writeHead(head, 0, MAJOR_ARRAY, 2 * envelopes.length);
    head.set(others, at);
    at += others.byteLength;
    head.set(before, at);
    at = writeHead(head, at + before.byteLength, MAJOR_TEXT, id.length);
    for (let index = 0; index < id.length; index++) {
      head[at++] = id.charCodeAt(index);
    }
    head.set(behind, at);
    return head.subarray(0, at + behind.byteLength);
  }
}

/** Encodes what a task shares with those that are alike. */
function share(known: Known): void {
  const { message, payload } = known;
  const { type } = message;
  const names = FIELD_NAMES.filter((name) => message[name] !== undefined);
  const head = new Uint8Array(LONGEST_HEAD_BYTES);
  known.before = concatBytes([
    head.subarray(0, writeHead(head, 0, MAJOR_MAP, names.length + 2)),
    ...["type", type, "id"].map(encodeCbor),
  ]);
  const [, ...frames] = encodeEnvelopes([{ message, payload }]);
  known.behind = concatBytes([
    ...names.flatMap((name) => [encodeCbor(name), encodeCbor(message[name])]),
    encodeCbor(payload.map(announcedSize)),
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
  return list.subarray(writeHead(scratch, 0, MAJOR_ARRAY, items.length));
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
  for (let index = 0; index < FIELD_NAMES.length; index++) {
    const name = FIELD_NAMES[index];
    if (name !== undefined && known.message[name] !== message[name]) {
      return false;
    }
  }
  return true;
}

function isAscii(text: string): boolean {
  for (let index = 0; index < text.length; index++) {
    if (text.charCodeAt(index) > 0x7f) return false;
  }
  return true;
}
