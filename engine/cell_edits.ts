/**
 * Changes to a text that never move a line.
 *
 * @module
 */

interface Edit {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/** Replaces what is not a line end with blanks. */
export function blank(text: string): string {
  return text.replaceAll(/[^\n\r\u2028\u2029]/g, " ");
}

/** Collects changes of a text, which are made together. */
export class CellEdits {
  readonly #source: string;
  readonly #shift: number;
  readonly #edits: Edit[] = [];

  /** @param shift How much larger the given positions are than the text's. */
  constructor(source: string, shift: number) {
    this.#source = source;
    this.#shift = shift;
  }

  /** The text between two positions, unchanged. */
  slice(start: number, end: number): string {
    return this.#source.slice(start - this.#shift, end - this.#shift);
  }

  /** Adds text at a position, behind what was added there before. */
  insert(position: number, text: string): void {
    this.#push(position, position, text);
  }

  /** Replaces a range by a text, filled up to the length, lines kept. */
  replace(start: number, end: number, text: string): void {
    const rest = blank(this.slice(start, end));
    const kept = rest.slice(text.length);
    const lost = rest.slice(0, text.length).replaceAll(" ", "");
    this.#push(start, end, text + lost + kept);
  }

  /** The text with all changes made. */
  apply(): string {
    const edits = this.#edits.toSorted((a, b) => a.start - b.start);
    let result = "";
    let position = 0;
    for (const { start, end, text } of edits) {
      result += this.#source.slice(position, start) + text;
      position = end;
    }
    return result + this.#source.slice(position);
  }

  #push(start: number, end: number, text: string): void {
    const shift = this.#shift;
    this.#edits.push({ start: start - shift, end: end - shift, text });
  }
}
