/**
 * What one task wrote.
 *
 * @module
 */
import type { Output, OutputStream } from "../messages/mod.ts";

/** Output kept for each stream of a task, in UTF-16 units. */
export const OUTPUT_KEPT_MAX: number = 8 << 20;

/** A piece of output as it arrived. */
export interface OutputPiece {
  /** Its place among the pieces of all tasks. */
  readonly order: number;
  /** The engine that sent it. */
  readonly engineId: number;
  /** The stream it was written to. */
  readonly stream: OutputStream;
  /** What was written. */
  readonly text: string;
}

/** Keeps the first {@linkcode OUTPUT_KEPT_MAX} of each stream. */
export class OutputLog {
  readonly #pieces: OutputPiece[] = [];
  readonly #kept = { stdout: 0, stderr: 0 };
  #dropped = 0;

  /** What was kept, in the order in which it arrived. */
  get pieces(): readonly OutputPiece[] {
    return this.#pieces;
  }

  /** How much was dropped, here and before. */
  get dropped(): number {
    return this.#dropped;
  }

  /** Takes a piece. */
  add(output: Output, order: number): void {
    const { engineId, stream, text } = output;
    const room = OUTPUT_KEPT_MAX - this.#kept[stream];
    this.#dropped += output.dropped + Math.max(0, text.length - room);
    const kept = text.slice(0, room);
    if (kept === "") return;
    this.#kept[stream] += kept.length;
    this.#pieces.push({ order, engineId, stream, text: kept });
  }

  /** What was written to one stream. */
  text(stream: OutputStream): string {
    return this.#pieces.filter((piece) => piece.stream === stream)
      .map((piece) => piece.text).join("");
  }
}
