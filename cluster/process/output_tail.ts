/**
 * What a process said last, in lines.
 *
 * @module
 */
import { Deque } from "../../base/mod.ts";

/** Lines that are kept: enough for an error with its stack. */
export const TAIL_LINES_MAX = 50;
/** Longest line, in UTF-16 units; longer ones are split. */
export const LINE_LENGTH_MAX: number = 16 * 1024;

/** Splits bytes into lines and keeps the last ones. */
export class OutputTail {
  readonly #onLine: ((line: string) => void) | undefined;
  readonly #decoder = new TextDecoder("utf-8", { ignoreBOM: true });
  readonly #lines = new Deque<string>();
  #partial = "";

  /** @param onLine Takes each line, without its line end. */
  constructor(onLine?: (line: string) => void) {
    this.#onLine = onLine;
  }

  /** The last lines, oldest first. */
  get lines(): readonly string[] {
    return [...this.#lines];
  }

  /** Takes what was read. */
  push(bytes: Uint8Array): void {
    this.#take(this.#decoder.decode(bytes, { stream: true }));
  }

  /** Ends the last line, if it has no line end. */
  end(): void {
    this.#take(this.#decoder.decode());
    if (this.#partial !== "") this.#add(this.#partial);
    this.#partial = "";
  }

  #take(text: string): void {
    const lines = (this.#partial + text).split("\n");
    this.#partial = this.#fit(lines.pop() ?? "");
    for (const line of lines) this.#add(this.#fit(line));
  }

  /** Adds all but the end of a line that is too long, and gives that end. */
  #fit(line: string): string {
    let rest = line;
    while (rest.length > LINE_LENGTH_MAX) {
      this.#add(rest.slice(0, LINE_LENGTH_MAX));
      rest = rest.slice(LINE_LENGTH_MAX);
    }
    return rest;
  }

  #add(line: string): void {
    this.#lines.push(line);
    if (this.#lines.length > TAIL_LINES_MAX) this.#lines.shift();
    this.#onLine?.(line);
  }
}
