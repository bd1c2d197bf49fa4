/**
 * Events in a slot's standard output, between marks: they leave at once, also
 * while user code keeps the process busy.
 *
 * @module
 */
import { concatBytes } from "../base/mod.ts";
import {
  PAYLOAD_PARTS_MAX,
  TASK_EVENT_KINDS,
  type TaskEventKind,
} from "../messages/mod.ts";
import type { Payload } from "./slot_state.ts";

/** An event as it is read from a slot's output. */
export interface EventRecord {
  /** What it tells. */
  readonly kind: TaskEventKind;
  /** The encoded value. */
  readonly payload: Payload;
}

/** Bytes in front of the payload's sizes: the kind, and how many parts. */
const HEAD_BYTES = 5;
const SIZE_BYTES = 4;

/** An event as bytes: kind, number of parts, their sizes, the parts. */
export function encodeEventRecord(
  kind: TaskEventKind,
  payload: Payload,
): Uint8Array {
  const head = new Uint8Array(HEAD_BYTES + SIZE_BYTES * payload.length);
  const view = new DataView(head.buffer);
  view.setUint8(0, TASK_EVENT_KINDS.indexOf(kind));
  view.setUint32(1, payload.length);
  for (let index = 0; index < payload.length; index++) {
    const bytes = payload[index]?.byteLength ?? 0;
    view.setUint32(HEAD_BYTES + SIZE_BYTES * index, bytes);
  }
  return concatBytes([head, ...payload]);
}

/**
 * Reads what {@linkcode encodeEventRecord} made; `undefined` when the bytes
 * are something else. User code can write what it likes to its output.
 */
export function decodeEventRecord(bytes: Uint8Array): EventRecord | undefined {
  if (bytes.byteLength < HEAD_BYTES) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const kind = TASK_EVENT_KINDS[view.getUint8(0)];
  const count = view.getUint32(1);
  let at = HEAD_BYTES + SIZE_BYTES * count;
  if (
    kind === undefined || count > PAYLOAD_PARTS_MAX || at > bytes.byteLength
  ) return undefined;
  const payload: Uint8Array[] = [];
  for (let index = 0; index < count; index++) {
    const size = view.getUint32(HEAD_BYTES + SIZE_BYTES * index);
    payload.push(bytes.subarray(at, at + size));
    at += size;
  }
  return at === bytes.byteLength ? { kind, payload } : undefined;
}
