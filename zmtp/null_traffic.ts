/**
 * NULL: the traffic, frames in the clear.
 *
 * @module
 */
import type { Batch } from "./batch.ts";
import {
  byteAt,
  FLAG_COMMAND,
  FLAG_LONG,
  FLAG_MORE,
  LONG_HEADER_BYTES,
  readUint64,
  SHORT_HEADER_BYTES,
} from "./frame.ts";
import type { ZmtpLimits } from "./limits.ts";
import type { FrameSink, TrafficReader, TrafficWriter } from "./mechanism.ts";
import type { ScanRules } from "./scan.ts";

/** Larger parts are not copied to their end where the scratch is full. */
const COPY_BYTES_MAX = 16 * 1024;
/** Of the room for copies, what the beginning of one takes behind its header. */
const LEAD_SHARE = 3 / 4;

/** Hands out views of frames as they came. */
export class NullReader implements TrafficReader {
  readonly rules: ScanRules;
  readonly padBytes: number = 0;

  /** Takes the limits of the connection. */
  constructor(limits: ZmtpLimits) {
    this.rules = {
      frameBytesMax: limits.frameBytesMax,
      commandBytesMax: limits.commandBytesMax,
      openFlags: true,
    };
  }

  /** Hands over complete frames. */
  frames(range: Uint8Array, sink: FrameSink): void {
    let at = 0;
    while (at < range.byteLength) {
      const flags = byteAt(range, at);
      let length = byteAt(range, at + 1);
      if ((flags & FLAG_LONG) !== 0) {
        length = readUint64(range, at + 1);
        at += LONG_HEADER_BYTES;
      } else at += SHORT_HEADER_BYTES;
      const body = range.subarray(at, at + length);
      at += length;
      if (!sink.frame(flags & (FLAG_MORE | FLAG_COMMAND), body)) return;
    }
  }

  /** Hands over the body of one large frame. */
  largeFrame(flags: number, body: Uint8Array, sink: FrameSink): void {
    sink.frame(flags & (FLAG_MORE | FLAG_COMMAND), body);
  }
}

/** Copies small frames together and leaves most of large ones where it is. */
export class NullWriter implements TrafficWriter {
  /** Adds a frame to a batch. */
  frame(batch: Batch, flags: number, body: Uint8Array): boolean {
    const length = body.byteLength;
    if (length > COPY_BYTES_MAX) {
      if (!batch.takesLarge) return false;
      batch.header(flags, length);
      // A header that is written alone wakes the peer for nothing.
      const lead = Math.min(length, Math.floor(batch.room * LEAD_SHARE));
      batch.copy(body.subarray(0, lead));
      if (lead < length) batch.append(body.subarray(lead));
      return true;
    }
    if (batch.room < LONG_HEADER_BYTES + length) return false;
    batch.header(flags, length);
    batch.copy(body);
    return true;
  }

  /** Nothing is left to do. */
  finish(): void {}
}
