/**
 * Small payloads side by side: an array with a view of its own for each of a
 * million tasks takes five times the room of what is in it.
 *
 * @module
 */

/** Bytes of one piece of memory, which stays while a task in it waits. */
const ROOM_BYTES: number = 16 << 10;
/** Larger payloads stay where they came. */
const SMALL_PAYLOAD_BYTES: number = 512;

/** A payload, wherever it is. */
export interface HeldPayload {
  /** Its parts, or what has its only part in it. */
  readonly held: readonly Uint8Array[] | Uint8Array;
  /** Where that part begins, in bytes. */
  readonly at: number;
  /** Bytes of all parts. */
  readonly bytes: number;
}

/** Keeps small payloads together. */
export class PayloadRoom {
  #room = new Uint8Array(0);
  #used = 0;

  /** Copies a payload here, where it is one small part. */
  keep(payload: readonly Uint8Array[], bytes: number): HeldPayload {
    const [part] = payload;
    if (
      part === undefined || payload.length > 1 || bytes > SMALL_PAYLOAD_BYTES
    ) return { held: payload, at: 0, bytes };
    if (this.#used + bytes > this.#room.byteLength) {
      this.#room = new Uint8Array(ROOM_BYTES);
      this.#used = 0;
    }
    const at = this.#used;
    this.#room.set(part, at);
    this.#used += bytes;
    return { held: this.#room, at, bytes };
  }
}

/** The parts of a payload. */
export function partsOf(
  held: HeldPayload["held"],
  at: number,
  bytes: number,
): readonly Uint8Array[] {
  return held instanceof Uint8Array ? [held.subarray(at, at + bytes)] : held;
}
