/**
 * Reads what is typed at the console: words that begin with a percent sign
 * are for the console itself, everything else is code.
 *
 * @module
 */

/** The words of the console, with what they take and do. */
export const CONSOLE_WORDS: readonly (readonly [string, string, string])[] = [
  ["targets", "[all | 0,2 | 0:4 | ::2]", "engines that run what is typed"],
  ["px", "CODE", "run code on the engines, also after %autopx off"],
  ["local", "CODE", "run code in this process"],
  ["autopx", "[on | off]", "whether plain lines run on the engines"],
  ["block", "[on | off]", "whether the console waits for the result"],
  ["stream", "[on | off]", "whether output is shown as it arrives"],
  [
    "group",
    "[engine | type | order]",
    "how output is grouped when not streamed",
  ],
  ["timeout", "[SECONDS | off]", "how long each line may run"],
  ["result", "", "the result of the last line once more"],
  ["push", "NAME = CODE", "send a value of this process to the engines"],
  ["pull", "NAME", "fetch a value from the engines into this process"],
  ["interrupt", "", "stop what runs on the engines"],
  ["status", "", "the engines and what they do"],
  ["help", "", "these words"],
  ["quit", "", "end the console; so does Ctrl-D"],
];

/** What was typed. */
export type ConsoleInput =
  | {
    /** Code for the engines, or for this process after `%autopx off`. */
    readonly kind: "code";
    /** The code. */
    readonly code: string;
  }
  | {
    /** A word for the console. */
    readonly kind: "word";
    /** Without its percent sign. */
    readonly word: string;
    /** What follows it. */
    readonly rest: string;
  };

/** Reads one whole input. */
export function readInput(text: string): ConsoleInput {
  const match = /^\s*%(\w*)\s*([^]*)$/.exec(text);
  if (match === null) return { kind: "code", code: text };
  const [, word = "", rest = ""] = match;
  return { kind: "word", word, rest: rest.trim() };
}

const CLOSING: ReadonlyMap<string, string> = new Map([
  ["(", ")"],
  ["[", "]"],
  ["{", "}"],
]);

/**
 * Whether code ends inside of brackets, a template or a comment, so that more
 * lines belong to it. A line may also ask for more with a backslash at its
 * end. Regular expressions with brackets that are not closed may confuse it:
 * an empty line ends any input.
 */
export function wantsMore(code: string): boolean {
  if (code.endsWith("\\")) return true;
  const open: string[] = [];
  for (let at = 0; at < code.length; at++) {
    const character = code[at] ?? "";
    const closing = CLOSING.get(character);
    if (open.at(-1) === "`") {
      if (character === "\\") at++;
      else if (character === "`") open.pop();
      else if (code.startsWith("${", at)) {
        open.push("}");
        at++;
      }
    } else if (character === "'" || character === '"') {
      at = endOfString(code, at);
    } else if (code.startsWith("//", at)) {
      const end = code.indexOf("\n", at);
      if (end < 0) break;
      at = end;
    } else if (code.startsWith("/*", at)) {
      const end = code.indexOf("*/", at + 2);
      if (end < 0) return true;
      at = end + 1;
    } else if (character === "`") open.push("`");
    else if (closing !== undefined) open.push(closing);
    else if (character === open.at(-1)) open.pop();
  }
  return open.length > 0;
}

/** Where a string ends; strings do not cross lines. */
function endOfString(code: string, from: number): number {
  for (let at = from + 1; at < code.length; at++) {
    if (code[at] === "\\") at++;
    else if (code[at] === code[from] || code[at] === "\n") return at;
  }
  return code.length;
}

/** Longest list of engines in one word. */
export const TARGETS_LENGTH_MAX = 65_536;

/**
 * Reads the engines of `%targets`: `all`, ids with commas, or a range of
 * positions such as `0:4` or `::2`.
 *
 * @param ids The ids that there are, ascending.
 * @throws {RangeError} when it is something else.
 */
export function readTargets(
  text: string,
  ids: readonly number[],
): "all" | readonly number[] {
  if (text === "all") return "all";
  const range = /^(-?\d*):(-?\d*)(?::(\d+))?$/.exec(text);
  if (range !== null) {
    const [, from = "", to = "", step = "1"] = range;
    const start = from === "" ? 0 : Number(from);
    const part = ids.slice(start, to === "" ? undefined : Number(to));
    const stride = Number(step);
    if (stride > 0) return part.filter((_, index) => index % stride === 0);
  } else if (
    text.length <= TARGETS_LENGTH_MAX && /^\d+(\s*,\s*\d+)*$/.test(text)
  ) {
    return text.split(",").map(Number);
  }
  throw new RangeError(
    `Cannot read targets ${
      JSON.stringify(text)
    }: write all, ids such as 0,2, or a range such as 0:4 or ::2`,
  );
}
