/**
 * PING and PONG.
 *
 * @module
 */
import { ProtocolError } from "../base/mod.ts";
import { commandData, encodeCommand } from "./command.ts";
import { byteAt } from "./frame.ts";

/** Most bytes of context that a PING may carry. */
export const PING_CONTEXT_BYTES_MAX = 16;

const TTL_BYTES = 2;
const TTL_UNIT_MS = 100;
const TTL_MAX = 0xffff;

/** What a PING says. */
export interface Ping {
  /** The sender asks to be dropped after this silence; 0 for never. */
  readonly timeToLiveMs: number;
  /** Bytes that the PONG must repeat; a view. */
  readonly context: Uint8Array;
}

/** A PING command; the time to live is rounded up to tenths of a second. */
export function encodePing(
  timeToLiveMs: number,
  context: Uint8Array,
): Uint8Array<ArrayBuffer> {
  if (context.byteLength > PING_CONTEXT_BYTES_MAX) {
    throw new RangeError(
      `Cannot encode PING: its context has ${context.byteLength} bytes, ` +
        `more than ${PING_CONTEXT_BYTES_MAX}`,
    );
  }
  const ttl = Math.min(TTL_MAX, Math.ceil(timeToLiveMs / TTL_UNIT_MS));
  const data = new Uint8Array(TTL_BYTES + context.byteLength);
  data[0] = ttl >>> 8;
  data[1] = ttl;
  data.set(context, TTL_BYTES);
  return encodeCommand("PING", data);
}

/** The PONG that answers a PING. */
export function encodePong(context: Uint8Array): Uint8Array<ArrayBuffer> {
  return encodeCommand("PONG", context);
}

/**
 * What a PING command says.
 *
 * @throws {ProtocolError} when it is too short or too long.
 */
export function parsePing(body: Uint8Array): Ping {
  const data = commandData(body);
  if (
    data.byteLength < TTL_BYTES ||
    data.byteLength > TTL_BYTES + PING_CONTEXT_BYTES_MAX
  ) {
    throw new ProtocolError(
      `Cannot read PING: it has ${data.byteLength} bytes of data`,
    );
  }
  return {
    timeToLiveMs: ((byteAt(data, 0) << 8) | byteAt(data, 1)) * TTL_UNIT_MS,
    context: data.subarray(TTL_BYTES),
  };
}
