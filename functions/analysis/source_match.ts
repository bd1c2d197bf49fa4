/**
 * Finds a function in the text of the module that it comes from. What the
 * function's `toString` gives went through a compiler, which may have changed
 * spaces, brackets and semicolons, so words are compared and not letters.
 *
 * @module
 */
import { parse, type Token } from "acorn";

/** A place in a text. */
export interface TextPlace {
  /** Counted from 1. */
  readonly line: number;
  /** Counted from 1. */
  readonly column: number;
}

/** One word of a program: what it says, and where. */
export interface SourceWord extends TextPlace {
  /** The same for words that mean the same. */
  readonly key: string;
}

/** Compilers add and remove these. */
const UNSTABLE: ReadonlySet<string> = new Set([";", ",", "(", ")", "eof"]);

/**
 * The words of a module in JavaScript.
 *
 * @throws {SyntaxError} when it is none.
 */
export function moduleWords(text: string): SourceWord[] {
  const words: SourceWord[] = [];
  parse(text, {
    ecmaVersion: "latest",
    sourceType: "module",
    locations: true,
    allowHashBang: true,
    checkPrivateFields: false,
    onToken: (token) => {
      if (!UNSTABLE.has(token.type.label)) words.push(wordOf(token));
    },
  });
  return words;
}

/**
 * The words of a function's source, an expression or a member of an object.
 *
 * @throws {SyntaxError} when it is neither.
 */
export function functionWords(
  source: string,
  form: "expression" | "member",
): SourceWord[] {
  const [open, close] = form === "member" ? ["({", "})"] : ["(", ")"];
  const words = moduleWords(`${open}\n${source}\n${close}`);
  return (form === "member" ? words.slice(1, -1) : words)
    .map((word) => ({ ...word, line: word.line - 1 }));
}

function wordOf(token: Token): SourceWord {
  const { type, loc } = token;
  const said: unknown = Reflect.get(token, "value");
  const shown = typeof said === "object" && said !== null
    ? JSON.stringify(said, ["pattern", "flags"])
    : String(said);
  const { line = 0, column = 0 } = loc?.start ?? {};
  return { key: `${type.label} ${shown}`, line, column: column + 1 };
}

/**
 * The index of the word with which a function starts in its module: the next
 * one behind a line, else the last before; `undefined` when there is none.
 */
export function findWords(
  words: readonly SourceWord[],
  wanted: readonly SourceWord[],
  line: number,
): number | undefined {
  let found: number | undefined;
  const [first] = wanted;
  if (first === undefined) return undefined;
  for (let at = 0; at + wanted.length <= words.length; at++) {
    if (words[at]?.key !== first.key) continue;
    if (!wanted.every(({ key }, index) => words[at + index]?.key === key)) {
      continue;
    }
    found = at;
    if ((words[at]?.line ?? 0) >= line) break;
  }
  return found;
}

/** The index of the word at a place, or of the last before it. */
export function wordAt(words: readonly SourceWord[], place: TextPlace): number {
  const isAfter = ({ line, column }: SourceWord): boolean =>
    line > place.line || (line === place.line && column > place.column);
  const next = words.findIndex(isAfter);
  return Math.max(0, (next === -1 ? words.length : next) - 1);
}
