/**
 * Mistakes in the text of a cell, with their place.
 *
 * @module
 */

/** Characters shown of a line with a mistake. */
const LINE_SHOWN_CHARS_MAX = 100;

const LINE_END = /\r\n|[\n\r\u2028\u2029]/;

/** Where the mistake is. */
export interface CellPlace {
  /** The line, counted from 1. */
  readonly line: number;
  /** The column, counted from 1. */
  readonly column: number;
}

/** A cell that cannot be read. Users see it as a plain `SyntaxError`. */
export class CellSyntaxError extends SyntaxError {
  /** The line of the mistake, counted from 1. */
  readonly line: number;
  /** The column of the mistake, counted from 1. */
  readonly column: number;

  /** Shows the line at fault with a caret below the column. */
  constructor(name: string, source: string, place: CellPlace, reason: string) {
    const { line, column } = place;
    super(
      `Cannot read ${name}, line ${line}, column ${column}: ${reason}\n` +
        showLine(source, place),
    );
    this.line = line;
    this.column = column;
    // The frames would all be ours.
    this.stack =
      `SyntaxError: ${this.message}\n    at ${name}:${line}:${column}`;
  }
}

/** The place of an index into the source; indexes behind its end are there. */
export function placeOf(source: string, index: number): CellPlace {
  const lines = source.slice(0, Math.max(0, index)).split(LINE_END);
  return { line: lines.length, column: (lines.at(-1) ?? "").length + 1 };
}

function showLine(source: string, { line, column }: CellPlace): string {
  const text = source.split(LINE_END)[line - 1] ?? "";
  const before = LINE_SHOWN_CHARS_MAX * 3 / 4;
  const start = text.length <= LINE_SHOWN_CHARS_MAX
    ? 0
    : Math.max(0, column - before);
  const shown = text.slice(start, start + LINE_SHOWN_CHARS_MAX);
  const number = `${line}`;
  // Tabs stay tabs, so that the caret stands where it should.
  const indent = shown.slice(0, column - 1 - start).replaceAll(/[^\t]/g, " ");
  return `  ${number} | ${shown}\n  ${" ".repeat(number.length)} | ${indent}^`;
}
