/**
 * Names with dots and brackets, such as `list[0].x`.
 *
 * @module
 */

/** Characters of a path. */
export const PATH_CHARS_MAX = 1024;

const IDENTIFIER = /[\p{ID_Start}$_][\p{ID_Continue}$\u200c\u200d]*/uy;
const INDEX = /\[\s*(?:(\d+)|("(?:[^"\\]|\\.)*")|'([^'\\]*)')\s*\]/y;

/** Words that look like names and are none. */
const NO_NAMES: ReadonlySet<string> = new Set([
  "this",
  "null",
  "true",
  "false",
  "undefined",
]);

/**
 * The steps of a path, the first of which is a name in the namespace.
 *
 * @returns `undefined` when the text is not a path but, maybe, an expression.
 */
export function parsePath(text: string): readonly string[] | undefined {
  if (text.length > PATH_CHARS_MAX) return undefined;
  const path = text.trim();
  const first = matchAt(IDENTIFIER, path, 0);
  if (first === undefined || NO_NAMES.has(first[0])) return undefined;
  const steps = [first[0]];
  let position = first[0].length;
  while (position < path.length) {
    const isMember = path[position] === ".";
    const match = isMember
      ? matchAt(IDENTIFIER, path, position + 1)
      : matchAt(INDEX, path, position);
    if (match === undefined) return undefined;
    position += match[0].length + (isMember ? 1 : 0);
    const step = isMember ? match[0] : indexOf(match);
    if (step === undefined) return undefined;
    steps.push(step);
  }
  return steps;
}

/** Writes the first steps of a path as users write them. */
export function showPath(steps: readonly string[]): string {
  return steps.reduce((text, step) => {
    if (/^\d+$/.test(step)) return `${text}[${step}]`;
    return matchAt(IDENTIFIER, step, 0)?.[0] === step
      ? `${text}.${step}`
      : `${text}[${JSON.stringify(step)}]`;
  });
}

function matchAt(
  pattern: RegExp,
  text: string,
  position: number,
): RegExpExecArray | undefined {
  pattern.lastIndex = position;
  return pattern.exec(text) ?? undefined;
}

function indexOf(
  [, digits, quoted, single]: RegExpExecArray,
): string | undefined {
  if (quoted === undefined) return digits ?? single;
  try {
    return `${JSON.parse(quoted)}`;
  } catch {
    return undefined;
  }
}
