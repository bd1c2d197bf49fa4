/**
 * Marks in a slot's standard output and error: they say where the output of
 * a task starts and ends among bytes that may be anything.
 *
 * @module
 */
import { utf8 } from "../base/mod.ts";

/** What a mark says. */
export const MarkKind = { START: 1, END: 2, EVENT: 3 } as const;
/** What a mark says. */
export type MarkKind = typeof MarkKind[keyof typeof MarkKind];

/** Bits that tell the two streams of a process in a set of streams. */
export const StreamBit = { STDOUT: 1, STDERR: 2 } as const;
/** Bits that tell the two streams of a process in a set of streams. */
export type StreamBit = typeof StreamBit[keyof typeof StreamBit];

/** Bytes of a mark behind its magic: kind (1) and task number (4). */
export const MARK_TAIL_BYTES = 5;

/** Bytes of an event mark behind its tail: what it is part of, and length. */
export const EVENT_HEAD_BYTES = 3;

/** Bits that say which part of an event a mark carries. */
export const EventPart = { FIRST: 1, LAST: 2 } as const;

/** Writes of up to so many bytes reach a pipe whole, whoever else writes. */
const PIPE_BYTES_MAX = 4096;

/**
 * The bytes that start each mark of a slot. User code does not know them by
 * accident, and the first is rare in text.
 *
 * @param token The slot's token, drawn at random for each process.
 */
export function markMagic(token: string): Uint8Array<ArrayBuffer> {
  return utf8(`\x1e\x00${token}`);
}

/**
 * One mark.
 *
 * @param sequence The task's number in its slot process, counted from 1.
 */
export function encodeMark(
  magic: Uint8Array,
  kind: MarkKind,
  sequence: number,
): Uint8Array<ArrayBuffer> {
  const mark = new Uint8Array(magic.byteLength + MARK_TAIL_BYTES);
  mark.set(magic);
  const tail = new DataView(mark.buffer, magic.byteLength);
  tail.setUint8(0, kind);
  tail.setUint32(1, sequence);
  return mark;
}

/**
 * An event as marks, each of which reaches the pipe whole.
 *
 * @param sequence The task's number in its slot process, counted from 1.
 */
export function encodeEventMarks(
  magic: Uint8Array,
  sequence: number,
  event: Uint8Array,
): Uint8Array<ArrayBuffer>[] {
  const headBytes = magic.byteLength + MARK_TAIL_BYTES + EVENT_HEAD_BYTES;
  const room = PIPE_BYTES_MAX - headBytes;
  const marks: Uint8Array<ArrayBuffer>[] = [];
  for (let at = 0; at === 0 || at < event.byteLength; at += room) {
    const bytes = event.subarray(at, at + room);
    const mark = new Uint8Array(headBytes + bytes.byteLength);
    mark.set(encodeMark(magic, MarkKind.EVENT, sequence));
    const isLast = at + room >= event.byteLength;
    const head = new DataView(mark.buffer, headBytes - EVENT_HEAD_BYTES);
    head.setUint8(
      0,
      (at === 0 ? EventPart.FIRST : 0) | (isLast ? EventPart.LAST : 0),
    );
    head.setUint16(1, bytes.byteLength);
    mark.set(bytes, headBytes);
    marks.push(mark);
  }
  return marks;
}
