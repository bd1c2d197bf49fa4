/**
 * Large messages of which only the beginning is here: what can be known of
 * them, so that they may be sent on before they are complete.
 *
 * @module
 */
import { decodeCbor, encodeCbor } from "./cbor.ts";
import { type Message, readMessage } from "./envelope.ts";

/** Most bytes of the small parts of a message that is sent on as it comes. */
export const BEGUN_BODY_BYTES_MAX: number = 64 << 10;

/** A message whose large frames have not all come. */
export interface Begun {
  /** What it says, if it is ever complete. */
  readonly message: Message;
  /** The sizes of its payload parts, as its head tells them. */
  readonly sizes: readonly number[];
  /** Its small parts. */
  readonly body: Uint8Array;
  /** How many large frames it has. */
  readonly largeFrames: number;
  /** Bytes of its payload. */
  readonly bytes: number;
}

/** Takes the large frames of a message, one by one, as they come. */
export interface PassOn {
  /** The next frame; whoever has the message in the end has this very one. */
  push(frame: Uint8Array): void;
  /**
   * Nothing more comes: what nobody has said by now, with these frames, is
   * not said any more.
   */
  end(): void;
}

/**
 * What the first two frames of an envelope tell of its only message; nothing
 * where it has several, or says what it should not: who takes it as a whole
 * says what is wrong.
 */
export function readBegun(
  head: Uint8Array,
  body: Uint8Array,
): Begun | undefined {
  if (body.byteLength > BEGUN_BODY_BYTES_MAX) return undefined;
  try {
    const pairs = decodeCbor(head);
    if (!Array.isArray(pairs) || pairs.length !== 2) return undefined;
    const sizes: unknown = pairs[1];
    if (!Array.isArray(sizes)) return undefined;
    let largeFrames = 0;
    let bytes = body.byteLength;
    for (const size of sizes) {
      if (!Number.isSafeInteger(size)) return undefined;
      if (size >= 0) continue;
      largeFrames++;
      bytes -= size;
    }
    const message = readMessage(pairs[0]);
    return { message, sizes, body, largeFrames, bytes };
  } catch {
    return undefined;
  }
}

/** The frames that stand before the large ones of a message. */
export function begunFrames(
  { message, sizes, body }: Begun,
): [head: Uint8Array, body: Uint8Array] {
  return [encodeCbor([message, sizes]), body];
}
