/**
 * Reads the JavaScript of a cell: the grammar of scripts, with imports,
 * exports, `await` and `using` at the top.
 *
 * @module
 */
import {
  type ModuleDeclaration,
  type Options,
  parse,
  type Program,
  type Statement,
  type Token,
} from "acorn";

/** What opens an asynchronous cell. It is not a whole expression. */
export const ASYNC_PREFIX = "async()=>{";

/** A piece of code that must stay together. */
export interface CodeToken {
  /** Index of its first character. */
  readonly start: number;
  /** Index behind its last character. */
  readonly end: number;
  /** Whether it is text of a template, where blanks count. */
  readonly isTemplate: boolean;
}

/** A cell's syntax tree. */
export interface ParsedCell {
  /** The statements at the top. */
  readonly body: readonly (Statement | ModuleDeclaration)[];
  /** How much larger the positions are than those in the text. */
  readonly shift: number;
  /** Whether `using` needs a scope that ends with the cell. */
  readonly isScoped: boolean;
}

/** Where the text stops being JavaScript, and why. */
export class ParseFailure extends Error {
  /** The index into the text. */
  readonly index: number;

  /** Keeps the place. */
  constructor(reason: string, index: number) {
    super(reason);
    this.index = index;
  }
}

/**
 * Parses a cell.
 *
 * @param onToken Hears of each piece of the code, in order.
 * @throws {ParseFailure} when the text is not JavaScript.
 */
export function parseCell(
  text: string,
  onToken?: (token: CodeToken) => void,
): ParsedCell {
  const tokens: Token[] | undefined = onToken && [];
  const parsed = parseEither(text, tokens);
  // The wrapper's own tokens are left out.
  for (const { start, end, type } of tokens ?? []) {
    const isTemplate = type.label === "template";
    const token = {
      start: start - parsed.shift,
      end: end - parsed.shift,
      isTemplate,
    };
    if (token.start < 0 || token.end > text.length) continue;
    if (end > start || isTemplate) onToken?.(token);
  }
  return parsed;
}

function parseEither(text: string, tokens: Token[] | undefined): ParsedCell {
  try {
    const { body } = parseScript(text, tokens);
    return { body, shift: 0, isScoped: false };
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    // The top of a script has no end at which something could be disposed.
    if (!error.message.startsWith("Using declaration")) {
      throw failureOf(error, 0);
    }
  }
  tokens?.splice(0);
  const shift = ASYNC_PREFIX.length;
  try {
    const { body } = parseScript(`${ASYNC_PREFIX}${text}\n}`, tokens);
    return { body: bodyOfWrapper(body), shift, isScoped: true };
  } catch (error) {
    throw failureOf(error, shift);
  }
}

function parseScript(text: string, tokens: Token[] | undefined): Program {
  const options: Options = {
    ecmaVersion: "latest",
    sourceType: "script",
    allowAwaitOutsideFunction: true,
    allowImportExportEverywhere: true,
    allowHashBang: true,
  };
  if (tokens !== undefined) options.onToken = tokens;
  return parse(text, options);
}

function bodyOfWrapper(body: Program["body"]): readonly Statement[] {
  const [first] = body;
  if (
    body.length === 1 && first?.type === "ExpressionStatement" &&
    first.expression.type === "ArrowFunctionExpression" &&
    first.expression.body.type === "BlockStatement"
  ) return first.expression.body.body;
  throw new ParseFailure("Unexpected token", ASYNC_PREFIX.length);
}

function failureOf(error: unknown, shift: number): unknown {
  if (error instanceof ParseFailure) {
    return new ParseFailure(error.message, error.index - shift);
  }
  if (!(error instanceof Error) || !("pos" in error)) return error;
  const { message, pos } = error;
  if (typeof pos !== "number") return error;
  return new ParseFailure(message.replace(/ \(\d+:\d+\)$/, ""), pos - shift);
}
