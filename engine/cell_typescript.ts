/**
 * Turns the TypeScript of a cell into JavaScript, line for line.
 *
 * @module
 */
import { stripTypeScriptTypes } from "node:module";
import { type CodeToken, parseCell, ParseFailure } from "./cell_parse.ts";
import { lineStartsOf, relayout, SourceLines } from "./cell_relayout.ts";
import { CellSyntaxError, placeOf } from "./cell_syntax_error.ts";

/**
 * Brackets open at once in TypeScript. The stripper is native and ends the
 * whole process at some thousand; the parser refuses about 700.
 */
export const CELL_NESTING_MAX = 500;

/** A function that uses every import, so that none is dropped. */
const KEEPER = "ippdKeepImports";

const IMPORT = /^[ \t]*import\s+(?!type\s)([^"'()]+?)\s*from\s*["']/gm;
const IMPORTED_NAME = /(?:^|[,{*])\s*(?:[\w$]+\s+as\s+|as\s+)?([\w$]+)/g;
/** A constant enum would vanish into the places where its cell uses it. */
const CONST_ENUM =
  /^([ \t]*(?:export[ \t]+)?)const(?=[ \t]+enum[ \t]+[\w$]+\s*\{)/gm;

const MAP_START = "\n//# sourceMappingURL=data:application/json;base64,";

const { atob } = globalThis;

/**
 * Removes the types. What is more than types (enums, namespaces, parameter
 * properties) is compiled, with every line kept where it was.
 *
 * @throws {CellSyntaxError} when the source is not TypeScript.
 */
export function stripTypes(source: string, name: string): string {
  if (nestingOf(source) > CELL_NESTING_MAX) {
    return requireJavaScript(source, name);
  }
  try {
    return stripTypeScriptTypes(source);
  } catch {
    return compile(source, name);
  }
}

/** Counts brackets, except those in plain strings; templates count. */
function nestingOf(source: string): number {
  let depth = 0;
  let depthMax = 0;
  for (let index = 0; index < source.length; index++) {
    switch (source[index]) {
      case "(":
      case "[":
      case "{":
        if (++depth > depthMax) depthMax = depth;
        break;
      case ")":
      case "]":
      case "}":
        if (depth > 0) depth--;
        break;
      case '"':
      case "'":
        index = stringEnd(source, index);
    }
  }
  return depthMax;
}

/** The index of the quote that ends a string, or of the line's end. */
function stringEnd(source: string, start: number): number {
  const quote = source[start];
  for (let index = start + 1; index < source.length; index++) {
    const character = source[index];
    if (character === quote || character === "\n") return index;
    if (character === "\\") index++;
  }
  return source.length;
}

/** The source itself, if it is JavaScript after all. */
function requireJavaScript(source: string, name: string): string {
  try {
    parseCell(source);
    return source;
  } catch {
    throw new CellSyntaxError(
      name,
      source,
      { line: 1, column: 1 },
      `brackets are nested deeper than ${CELL_NESTING_MAX}`,
    );
  }
}

function compile(source: string, name: string): string {
  const names = importedNames(source);
  const kept = source.replaceAll(CONST_ENUM, "$1     ");
  let output: string;
  try {
    output = stripTypeScriptTypes(
      `${kept}\nfunction ${KEEPER}(){[${names.join()}]}`,
      { mode: "transform", sourceMap: true },
    );
  } catch (error) {
    throw typeScriptMistake(source, name, error);
  }
  const mapStart = output.lastIndexOf(MAP_START);
  const map: unknown = JSON.parse(
    atob(output.slice(mapStart + MAP_START.length)),
  );
  const sourceLines = new SourceLines(mappingsOf(map));
  const code = output.slice(0, mapStart);
  const tokens: CodeToken[] = [];
  try {
    parseCell(code, (token) => tokens.push(token));
  } catch (error) {
    throw compiledMistake(source, name, code, sourceLines, error);
  }
  return withoutKeeper(code, tokens, sourceLines);
}

function withoutKeeper(
  code: string,
  tokens: readonly CodeToken[],
  sourceLines: SourceLines,
): string {
  const textOf = ({ start, end }: CodeToken): string => code.slice(start, end);
  const keeper = tokens.findLastIndex((token) => textOf(token) === KEEPER);
  const end = tokens.findIndex((token, index) =>
    index > keeper && textOf(token) === "}"
  );
  // The compiler declares the names of namespaces at the very end, where
  // they would take the place of the last expression.
  const declarations = tokens.slice(end + 1).map(textOf).join(" ");
  // The word `function` stands in front of the keeper's name.
  return declarations +
    relayout(code, tokens.slice(0, keeper - 1), sourceLines);
}

/** The mistake that the native compiler found; its text ends in the place. */
function typeScriptMistake(
  source: string,
  name: string,
  thrown: unknown,
): CellSyntaxError {
  const text = thrown instanceof Error ? thrown.message : `${thrown}`;
  const [, line, column] = /:(\d+):(\d+)$/.exec(text) ?? [];
  const [first = text] = text.replace(/^SyntaxError: /, "").split("\n");
  // The end of the source is that of the keeper for the compiler.
  const end = placeOf(source, source.length);
  const place = { line: Number(line ?? 1), column: Number(column ?? 1) };
  const isBehind = place.line > end.line;
  return new CellSyntaxError(name, source, isBehind ? end : place, first);
}

/** A mistake that only the parser of the compiled code found. */
function compiledMistake(
  source: string,
  name: string,
  code: string,
  sourceLines: SourceLines,
  thrown: unknown,
): unknown {
  if (!(thrown instanceof ParseFailure)) return thrown;
  const starts = lineStartsOf(code);
  const codeLine = starts.findLastIndex((start) => start <= thrown.index);
  const column = thrown.index - (starts[codeLine] ?? 0);
  const segment = sourceLines.find(codeLine, column);
  const place = {
    line: (segment?.sourceLine ?? 0) + 1,
    column: (segment?.sourceColumn ?? 0) + 1,
  };
  const reason = code[thrown.index] === "@"
    ? "cells cannot have decorators: import the class from a module"
    : thrown.message;
  return new CellSyntaxError(name, source, place, reason);
}

/** Names that the source seems to import; names too many do no harm. */
function importedNames(source: string): string[] {
  const names: string[] = [];
  for (const [, clause = ""] of source.matchAll(IMPORT)) {
    for (const [, name] of clause.matchAll(IMPORTED_NAME)) {
      if (name !== undefined) names.push(name);
    }
  }
  return names;
}

function mappingsOf(map: unknown): string {
  if (
    typeof map === "object" && map !== null && "mappings" in map &&
    typeof map.mappings === "string"
  ) return map.mappings;
  throw new TypeError("Cannot read source map: it has no mappings");
}
