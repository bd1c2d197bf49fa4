/**
 * Frames in, messages out.
 *
 * @module
 */
import { LimitError } from "../base/mod.ts";
import { FLAG_COMMAND, FLAG_MORE } from "./frame.ts";
import type { ZmtpLimits } from "./limits.ts";
import type { FrameSink } from "./mechanism.ts";

/** What messages and commands are handed to. */
export interface AssemblerHandler {
  /** Takes a whole message; says whether to go on. */
  message(parts: Uint8Array[]): boolean;
  /** Takes the body of a command; says whether to go on. */
  command(body: Uint8Array): boolean;
}

/** Collects the parts of messages, within limits. */
export class MessageAssembler implements FrameSink {
  readonly #limits: ZmtpLimits;
  readonly #handler: AssemblerHandler;
  #parts: Uint8Array[] = [];
  #bytes = 0;

  /** Takes the limits and what messages are handed to. */
  constructor(limits: ZmtpLimits, handler: AssemblerHandler) {
    this.#limits = limits;
    this.#handler = handler;
  }

  /** The parts of the message that is not complete. */
  get parts(): readonly Uint8Array[] {
    return this.#parts;
  }

  /** Takes a frame; commands may come between parts. */
  frame(flags: number, body: Uint8Array): boolean {
    if ((flags & FLAG_COMMAND) !== 0) return this.#handler.command(body);
    const parts = this.#parts;
    parts.push(body);
    if ((flags & FLAG_MORE) === 0) {
      this.#check(parts.length, this.#bytes + body.byteLength);
      this.#parts = [];
      this.#bytes = 0;
      return this.#handler.message(parts);
    }
    this.#bytes += body.byteLength;
    // At least one more part has to come.
    this.#check(parts.length + 1, this.#bytes);
    return true;
  }

  /** Forgets the parts of an unfinished message. */
  clear(): void {
    this.#parts = [];
    this.#bytes = 0;
  }

  #check(parts: number, bytes: number): void {
    if (parts > this.#limits.partsMax) {
      throw new LimitError(
        `Cannot read message: it has more than ${this.#limits.partsMax} parts`,
        { limit: "partsMax" },
      );
    }
    if (bytes > this.#limits.messageBytesMax) {
      throw new LimitError(
        `Cannot read message: it has more than ` +
          `${this.#limits.messageBytesMax} bytes`,
        { limit: "messageBytesMax" },
      );
    }
  }
}
