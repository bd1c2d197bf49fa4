/**
 * Puts reprinted code back onto the lines of its source.
 *
 * @module
 */
import type { CodeToken } from "./cell_parse.ts";

const BASE64 =
  "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/** Behind these a line end would change the meaning. */
const NO_LINE_END_AFTER: ReadonlySet<string> = new Set([
  "return",
  "throw",
  "break",
  "continue",
  "yield",
  "async",
  "await",
  "using",
  "accessor",
]);

/** In front of these a line end would change the meaning. */
const NO_LINE_END_BEFORE: ReadonlySet<string> = new Set(["++", "--", "=>"]);

/** One step of a source map. */
export interface Segment {
  /** Where it starts in the line of the code. */
  readonly column: number;
  /** The line of the source. */
  readonly sourceLine: number;
  /** The column of the source. */
  readonly sourceColumn: number;
}

/** Knows where reprinted code came from. Lines and columns count from 0. */
export class SourceLines {
  readonly #lines: readonly (readonly Segment[])[];

  /** @param mappings The field of that name in a source map. */
  constructor(mappings: string) {
    this.#lines = decodeMappings(mappings);
  }

  /** The segment that covers a place in the reprinted code. */
  find(line: number, column: number): Segment | undefined {
    return this.#lines[line]?.findLast((segment) => segment.column <= column);
  }
}

function decodeMappings(mappings: string): Segment[][] {
  let sourceLine = 0;
  let sourceColumn = 0;
  return mappings.split(";").map((line) => {
    let column = 0;
    const segments: Segment[] = [];
    for (const text of line.split(",")) {
      const [columns, , lines = 0, sourceColumns = 0] = decodeNumbers(text);
      if (columns === undefined) continue;
      column += columns;
      sourceLine += lines;
      sourceColumn += sourceColumns;
      segments.push({ column, sourceLine, sourceColumn });
    }
    return segments;
  });
}

function decodeNumbers(text: string): number[] {
  const numbers: number[] = [];
  let value = 0;
  let shift = 0;
  for (const character of text) {
    const digit = BASE64.indexOf(character);
    value |= (digit & 31) << shift;
    shift += 5;
    if (digit >= 32) continue;
    numbers.push(value & 1 ? -(value >> 1) : value >> 1);
    value = shift = 0;
  }
  return numbers;
}

/**
 * Lays tokens out so that each stands on the line it came from, or on a later
 * one where the code has grown. Comments are lost. The code must end its
 * statements with semicolons.
 */
export function relayout(
  code: string,
  tokens: readonly CodeToken[],
  sourceLines: SourceLines,
): string {
  const targets = targetLines(code, tokens, sourceLines);
  let result = "";
  let line = 0;
  let previous: CodeToken | undefined;
  for (const [index, token] of tokens.entries()) {
    const target = targets[index] ?? 0;
    if (target > line && mayBreak(code, previous, token)) {
      result += "\n".repeat(target - line);
      line = target;
    } else if (previous !== undefined && previous.end < token.start) {
      result += " ";
    }
    const text = code.slice(token.start, token.end);
    line += lineStartsOf(text).length - 1;
    result += text;
    previous = token;
  }
  return result;
}

/** The line on which each token should start; 0 where any line will do. */
function targetLines(
  code: string,
  tokens: readonly CodeToken[],
  sourceLines: SourceLines,
): readonly number[] {
  const lineStarts = lineStartsOf(code);
  let codeLine = 0;
  const targets = tokens.map(({ start }) => {
    while ((lineStarts[codeLine + 1] ?? Infinity) <= start) codeLine++;
    const column = start - (lineStarts[codeLine] ?? 0);
    return sourceLines.find(codeLine, column)?.sourceLine ?? 0;
  });
  // What must stay together moves to the line of its last token.
  for (let index = tokens.length - 2; index >= 0; index--) {
    const [token, next] = tokens.slice(index, index + 2);
    // Templates have line ends of their own, which count anyway.
    if (!token || !next || token.isTemplate || next.isTemplate) continue;
    if (!mayBreak(code, token, next)) {
      targets[index] = Math.max(targets[index] ?? 0, targets[index + 1] ?? 0);
    }
  }
  return targets;
}

/** Where each line of a text starts. */
export function lineStartsOf(text: string): number[] {
  const starts = [0];
  let index = text.indexOf("\n");
  for (; index !== -1; index = text.indexOf("\n", index + 1)) {
    starts.push(index + 1);
  }
  return starts;
}

/** Whether a line may end between two tokens. */
function mayBreak(
  code: string,
  previous: CodeToken | undefined,
  token: CodeToken,
): boolean {
  if (previous === undefined) return true;
  const isTemplate = token.isTemplate || previous.isTemplate;
  return !isTemplate &&
    !NO_LINE_END_AFTER.has(code.slice(previous.start, previous.end)) &&
    !NO_LINE_END_BEFORE.has(code.slice(token.start, token.end));
}
