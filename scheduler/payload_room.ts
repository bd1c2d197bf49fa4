/**
 * Small payloads side by side: an array with a view of its own for each of a
 * million tasks takes five times the room of what is in it.
 *
 * @module
 */
import { SharedRoom } from "../base/mod.ts";

/** Larger payloads stay where they came. */
const SMALL_PAYLOAD_BYTES: number = 512;

/** A payload, wherever it is. */
export interface HeldPayload {
  /** Its parts, or the memory that has its only part in it. */
  readonly held: readonly Uint8Array[] | ArrayBuffer;
  /** Where that part begins, in bytes. */
  readonly at: number;
  /** Bytes of all parts. */
  readonly bytes: number;
}

/** A payload that stays where it came. */
export function unmoved(
  payload: readonly Uint8Array[],
  bytes: number,
): HeldPayload {
  return { held: payload, at: 0, bytes };
}

/** Keeps small payloads together; memory stays while a task in it waits. */
export class PayloadRoom {
  readonly #room = new SharedRoom();

  /** Copies a payload here, where it is one small part. */
  keep(payload: readonly Uint8Array[], bytes: number): HeldPayload {
    const [part] = payload;
    if (
      part === undefined || payload.length > 1 || bytes > SMALL_PAYLOAD_BYTES
    ) return unmoved(payload, bytes);
    const piece = this.#room.take(bytes);
    piece.set(part);
    return { held: piece.buffer, at: piece.byteOffset, bytes };
  }
}

/** The parts of a payload. */
export function partsOf(
  held: HeldPayload["held"],
  at: number,
  bytes: number,
): readonly Uint8Array[] {
  return held instanceof ArrayBuffer ? [new Uint8Array(held, at, bytes)] : held;
}
