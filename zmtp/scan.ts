/**
 * Finds complete frames in a run of bytes.
 *
 * @module
 */
import { LimitError, ProtocolError } from "../base/mod.ts";
import {
  byteAt,
  FLAG_COMMAND,
  FLAG_LONG,
  FLAG_MORE,
  LONG_HEADER_BYTES,
  readUint64,
  SHORT_HEADER_BYTES,
} from "./frame.ts";

/** Larger bodies get a buffer of their own. */
export const LARGE_BODY_BYTES: number = 64 * 1024;

/** Which frames may come. */
export interface ScanRules {
  /** Largest body of a message frame. */
  readonly frameBytesMax: number;
  /** Largest body of a command frame. */
  readonly commandBytesMax: number;
  /** Whether command frames and the more flag may come unsealed. */
  readonly openFlags: boolean;
}

/** What a scan found; one object is used again and again. */
export interface Scan {
  /** End of the last complete frame. */
  end: number;
  /** What is wrong with the frame after it, if anything. */
  error: Error | undefined;
  /** Bytes of header and body of the unfinished frame, when known. */
  needBytes: number;
  /** Whether the unfinished frame wants a buffer of its own. */
  large: boolean;
}

/** An object for {@linkcode scanFrames} to fill. */
export function createScan(): Scan {
  return { end: 0, error: undefined, needBytes: 0, large: false };
}

/**
 * Finds the end of the last complete frame between `start` and `end`. A
 * length is checked before anyone waits for that many bytes.
 */
export function scanFrames(
  buffer: Uint8Array,
  start: number,
  end: number,
  rules: ScanRules,
  scan: Scan,
): void {
  scan.error = undefined;
  scan.needBytes = 0;
  scan.large = false;
  let at = start;
  while (end - at >= SHORT_HEADER_BYTES) {
    const flags = byteAt(buffer, at);
    let head = SHORT_HEADER_BYTES;
    let length = byteAt(buffer, at + 1);
    if ((flags & FLAG_LONG) !== 0) {
      head = LONG_HEADER_BYTES;
      if (end - at < head) {
        scan.error = flagsError(flags, rules);
        break;
      }
      length = readUint64(buffer, at + 1);
    }
    scan.error = flagsError(flags, rules) ?? lengthError(flags, length, rules);
    if (scan.error !== undefined) break;
    if (end - at - head < length) {
      scan.needBytes = head + length;
      scan.large = length > LARGE_BODY_BYTES;
      break;
    }
    at += head + length;
  }
  scan.end = at;
}

function flagsError(flags: number, rules: ScanRules): Error | undefined {
  if (flags <= (FLAG_MORE | FLAG_LONG)) {
    if (rules.openFlags || (flags & FLAG_MORE) === 0) return undefined;
  } else if (
    rules.openFlags && (flags & ~FLAG_LONG) === FLAG_COMMAND
  ) return undefined;
  return new ProtocolError(`Cannot read frame: its flags are ${flags}`);
}

function lengthError(
  flags: number,
  length: number,
  rules: ScanRules,
): Error | undefined {
  const command = (flags & FLAG_COMMAND) !== 0;
  const max = command ? rules.commandBytesMax : rules.frameBytesMax;
  if (length <= max) return undefined;
  return new LimitError(
    `Cannot read ${command ? "command" : "frame"}: its length ${length} ` +
      `is over the limit of ${max} bytes`,
    { limit: command ? "commandBytesMax" : "frameBytesMax" },
  );
}
