/**
 * Turns a cell into scripts whose names live in the global object.
 *
 * @module
 */
import type { AnyNode } from "acorn";
import { blank } from "./cell_edits.ts";
import { collectNames } from "./cell_names.ts";
import { parseCell, type ParsedCell, ParseFailure } from "./cell_parse.ts";
import { CellSyntaxError, placeOf } from "./cell_syntax_error.ts";
import { findNode, type Range, waits } from "./cell_tree.ts";
import { stripTypes } from "./cell_typescript.ts";
import { type CellStatement, CellWriter } from "./cell_writer.ts";

/** Characters of a cell. What is larger belongs into a file. */
export const CELL_CHARS_MAX = 4_194_304;

/** Options of {@linkcode transformCell}. */
export interface CellOptions {
  /** The language of the source. */
  readonly language: "ts" | "js";
  /** What stacks call the cell: `ippd:` and letters, digits, `_` or `-`. */
  readonly name: string;
}

/** A cell that can be evaluated. */
export interface TransformedCell {
  /** What stacks call the cell. */
  readonly name: string;
  /**
   * The script. That of an asynchronous cell gives a function that takes the
   * function for imports and runs the cell.
   */
  readonly code: string;
  /** Whether the cell waits for something, imports, or disposes at its end. */
  readonly isAsync: boolean;
  /** Whether the cell ends with an expression, whose value is the cell's. */
  readonly hasValue: boolean;
  /** The names that the cell declares in the namespace. */
  readonly declared: readonly string[];
  /** A script with the functions of an asynchronous cell, to run first. */
  readonly functionsFirst: string | undefined;
}

/** Transforms a cell: {@linkcode transformCell}, or one like it. */
export type TransformCell = (
  source: string,
  options: CellOptions,
) => TransformedCell;

/**
 * Transforms a cell. Lines stay where they are; columns do on lines without a
 * declaration or import, except the first line of an asynchronous cell.
 *
 * @throws {SyntaxError} with `line` and `column` when the source is wrong.
 * @throws {RangeError} when the source is longer than `CELL_CHARS_MAX`, or
 *   the name is not one that stacks can show.
 */
export function transformCell(
  source: string,
  options: CellOptions,
): TransformedCell {
  const { language, name } = options;
  if (!/^ippd:[\w-]+$/.test(name)) {
    throw new RangeError(`Cannot name cell "${name}": use ippd:cell-1`);
  }
  if (source.length > CELL_CHARS_MAX) {
    throw new RangeError(
      `Cannot read ${name}: it has ${source.length} characters, ` +
        `${CELL_CHARS_MAX} are allowed; put it into a file`,
    );
  }
  const script = source.replace(/^#![^\n\r\u2028\u2029]*/, blank);
  const text = language === "ts" ? stripTypes(script, name) : script;
  try {
    return writeCell(text, parseCell(text), options);
  } catch (error) {
    if (!(error instanceof ParseFailure)) throw error;
    const place = placeOf(text, error.index);
    throw new CellSyntaxError(name, source, place, error.message);
  }
}

function writeCell(
  text: string,
  parsed: ParsedCell,
  { language, name }: CellOptions,
): TransformedCell {
  const { body, shift } = parsed;
  refuseMisplaced(text, parsed);
  const isAsync = isAsyncCell(text, parsed);
  const names = collectNames(body);
  const importName = unusedName(text);
  const writer = new CellWriter({
    text,
    shift,
    names,
    isAsync,
    importName,
    mayImportTypes: language === "ts",
  });
  const last = body.findLast((node) => node.type !== "EmptyStatement");
  for (const node of body) writer.write(node, node === last);
  const end = `\n//# sourceURL=${name}`;
  return {
    name,
    code: isAsync
      ? `(async(${importName})=>{${writer.code}\n})${end}`
      : `${writer.code}${end}`,
    isAsync,
    hasValue: last !== undefined && isExpression(last),
    declared: [...names.declared],
    functionsFirst: writer.functions.length === 0
      ? undefined
      : `${onlyRanges(text, writer.functions, shift)}${end}`,
  };
}

function isAsyncCell(text: string, { body, isScoped }: ParsedCell): boolean {
  return isScoped || body.some(({ type }) => type === "ImportDeclaration") ||
    text.includes("await") &&
      body.some((node) => findNode(node, waits, { intoFunctions: false }));
}

function isExpression(node: CellStatement): boolean {
  if (node.type === "ExpressionStatement") {
    return node.directive !== "use strict";
  }
  if (node.type !== "ExportDefaultDeclaration") return false;
  const { declaration } = node;
  return declaration.type !== "FunctionDeclaration" &&
      declaration.type !== "ClassDeclaration" || !declaration.id;
}

/** Refuses what the parser lets pass, but a cell cannot mean. */
function refuseMisplaced(text: string, { body, shift, isScoped }: ParsedCell) {
  if (isScoped && text.includes("return")) {
    for (const node of body) {
      refuse(
        node,
        "'return' outside of function",
        shift,
        false,
        (inner) => inner.type === "ReturnStatement",
      );
    }
  }
  if (!text.includes("import") && !text.includes("export")) return;
  for (const node of body) {
    if (
      node.type === "ExportAllDeclaration" ||
      node.type === "ExportNamedDeclaration" && node.source
    ) {
      throw new ParseFailure(
        "a cell cannot export what it does not have: import it",
        node.start - shift,
      );
    }
    refuse(
      node,
      "a cell has no import.meta: use Deno.cwd()",
      shift,
      true,
      (inner) => inner.type === "MetaProperty" && inner.meta.name === "import",
    );
    refuse(
      node,
      "'import' and 'export' may only appear at the top level",
      shift,
      true,
      (inner) =>
        inner !== node && /^(Import|Export).*Declaration$/.test(inner.type),
    );
  }
}

function refuse(
  node: AnyNode,
  reason: string,
  shift: number,
  intoFunctions: boolean,
  test: (node: AnyNode) => boolean,
): void {
  const found = findNode(node, test, { intoFunctions });
  if (found) throw new ParseFailure(reason, found.start - shift);
}

function unusedName(text: string): string {
  let name = "ippdImport";
  while (text.includes(name)) name += "_";
  return name;
}

/** The text with everything but some ranges blanked. */
function onlyRanges(
  text: string,
  ranges: readonly Range[],
  shift: number,
): string {
  let result = "";
  let position = 0;
  for (const { start, end } of ranges) {
    result += blank(text.slice(position, start - shift)) +
      text.slice(start - shift, end - shift);
    position = end - shift;
  }
  return result + blank(text.slice(position));
}
