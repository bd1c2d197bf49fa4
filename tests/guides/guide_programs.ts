/**
 * Programs in documents, with what they print.
 *
 * @module
 */

/** A program in a document. */
export interface GuideProgram {
  /** Its source. */
  readonly code: string;
  /** What it prints; `…` stands for any text within a line. */
  readonly expected: string;
}

/**
 * The programs of a document: blocks of `ts` without `ignore`, or of another
 * kind, each with the next block of `text`.
 *
 * @throws {Error} when a program has no such block.
 */
export function guidePrograms(
  markdown: string,
  kind: string = "ts",
): GuideProgram[] {
  const programs: GuideProgram[] = [];
  let code: string | undefined;
  for (const [, language, body = ""] of blocks(markdown)) {
    if (language === kind) {
      if (code !== undefined) throw noOutput(code);
      code = body;
    } else if (language === "text" && code !== undefined) {
      programs.push({ code, expected: body });
      code = undefined;
    }
  }
  if (code !== undefined) throw noOutput(code);
  return programs;
}

/** The first block of a kind. */
export function guideBlock(markdown: string, kind: string): string {
  for (const [, language, body = ""] of blocks(markdown)) {
    if (language === kind) return body;
  }
  throw new Error(`Cannot find a block of ${kind} in the document`);
}

function blocks(markdown: string): Iterable<RegExpMatchArray> {
  return markdown.matchAll(/^```([^\n]*)\n(.*?)^```$/gms);
}

function noOutput(code: string): Error {
  return new Error(
    `Cannot test an example: nothing says what it prints: ${
      code.slice(0, 200)
    }`,
  );
}

/** Whether a text is what was expected. */
export function matchesExpected(text: string, expected: string): boolean {
  const pattern = expected.split("…").map((part) => RegExp.escape(part))
    .join("[^\\n]*");
  return new RegExp(`^${pattern}$`).test(text);
}
