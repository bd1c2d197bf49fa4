import assert from "node:assert/strict";
import fc from "fast-check";
import {
  CELL_CHARS_MAX,
  type CellOptions,
  transformCell,
  type TransformedCell,
} from "./cell_transform.ts";

const TS: CellOptions = { language: "ts", name: "ippd:cell-1" };
const JS: CellOptions = { language: "js", name: "ippd:cell-1" };

/**
 * Statements of both languages. Each `@` becomes a name of its own, and each `%`, which
 * may change its line.
 */
const STATEMENTS: readonly string[] = [
  "const @ = 1;",
  "let @\n",
  "var { a: @,\n b: [@] = [] } = {}",
  "class @ {\n  [@] = 1;\n  m() { return @ } }",
  "function @(\n  @ = 2\n) {\n\n return @\n}",
  "export const @ = `\n${@}\n`",
  "export default function @() {}",
  "export {\n @ }",
  "{ function @() {}\n @ }",
  "for (var @ = 0;\n @ < 1;) { var @ }",
  "lbl: while (@) { break\n lbl }",
  "if (@)\n var @ = 2; else\n @",
  "@(\n  1,\n  @,\n)",
  "/* a\n b */ @ // c",
  "try { @ } catch { @\n } finally { }",
  "const @ = /a\\/b/.test(@)",
  "@ = '\\\n'",
];

const WAITING: readonly string[] = [
  "await @",
  "for await (const @ of\n @) @",
  'import @, {\n  "b" as %,\n  %\n} from "x" with { type:\n "json" }',
  'import * as %\n from "x"; @',
  'import\n "x"; @',
  "using @ = @\n",
];

const TYPED: readonly string[] = [
  "const @: Array<\n  number\n> = [\n @ as number]",
  "interface I {\n  a: string\n}\n @",
  "function @<T>(a: T,\n b?: number): T {\n return @ }",
];

const COMPILED: readonly string[] = [
  "enum @ {\n  A = 1,\n  B,\n}\n@",
  "class @ {\n  constructor(\n    private x = @,\n  ) {\n    @()\n  }\n}",
  "namespace % {\n export const a = @\n}\n@",
];

function program(
  statements: readonly string[],
  separators: readonly string[],
): fc.Arbitrary<string> {
  return fc.array(
    fc.tuple(
      fc.constantFrom(...statements),
      fc.constantFrom(...separators),
    ),
    { maxLength: 8 },
  ).map((parts) => {
    let count = 0;
    return parts.map(([text, separator]) =>
      text.replaceAll("@", () => `name${count++}_`)
        .replaceAll("%", () => `other${count++}_`) + separator
    ).join("");
  });
}

/** The line of every name, counted from 0. */
function linesOf(text: string): Map<string, number> {
  const lines = new Map<string, number>();
  for (const [index, line] of text.split("\n").entries()) {
    for (const [name] of line.matchAll(/name\d+_/g)) {
      // Declared again in front of the rest, or used in text we added.
      if (lines.get(name) === undefined) lines.set(name, index);
    }
  }
  return lines;
}

function assertLines(source: string, cell: TransformedCell): void {
  const wanted = linesOf(source);
  const first = linesOf(cell.functionsFirst ?? "");
  for (const [name, line] of linesOf(cell.code)) {
    assert.equal(
      line,
      wanted.get(name),
      `${name} in\n${source}\n-\n${cell.code}`,
    );
  }
  for (const [name, line] of first) {
    assert.equal(line, wanted.get(name), `${name} in\n${source}`);
  }
}

const SEPARATORS: readonly string[] = ["\n", ";\n", "\n\n", "; \r\n"];

Deno.test("transformCell() keeps the number of lines", () => {
  const sources = program(
    [...STATEMENTS, ...WAITING, ...TYPED],
    SEPARATORS,
  ).filter((source) => source.split("export default").length < 3);
  fc.assert(
    fc.property(sources, (source) => {
      const cell = transformCell(source, TS);
      const added = cell.isAsync ? 2 : 1;
      assert.equal(
        cell.code.split("\n").length,
        source.split("\n").length + added,
        source,
      );
      assertLines(source, cell);
    }),
    { numRuns: 300 },
  );
});

Deno.test("transformCell() keeps the lines of compiled TypeScript", () => {
  const sources = program(
    [...STATEMENTS, ...WAITING, ...TYPED, ...COMPILED],
    SEPARATORS,
  ).filter((source) => source.split("export default").length < 3);
  fc.assert(
    fc.property(sources, (source) => {
      assertLines(source, transformCell(`${source}\nenum Last { A }`, TS));
    }),
    { numRuns: 300 },
  );
});

Deno.test("transformCell() treats JavaScript and TypeScript alike", () => {
  const sources = program([...STATEMENTS, ...WAITING], SEPARATORS)
    .filter((source) => source.split("export default").length < 3);
  fc.assert(fc.property(sources, (source) => {
    assert.deepEqual(
      transformCell(source, { ...TS }).declared,
      transformCell(source, { ...JS }).declared,
    );
  }));
});

Deno.test("transformCell() leaves columns of unedited lines alone", () => {
  const { code } = transformCell("let a = 1\n  a + a\nawait a\n", TS);
  assert.equal(code.split("\n")[1], "  a + a");
  const sync = transformCell("const a: number = 1, b = 2;\nlet c;\nc", TS);
  assert.equal(
    sync.code,
    "var   a         = 1, b = 2;\nvar c=void 0;\nc\n//# sourceURL=ippd:cell-1",
  );
});

Deno.test("transformCell() keeps cells synchronous that do not wait", () => {
  const table: readonly (readonly [string, boolean])[] = [
    ["1", false],
    ["// await", false],
    ["async () => await 1", false],
    ["class A { async m() { await 1 } static { } }", false],
    ["import('x')", false],
    ["{ using a = b }", false],
    ["{ await using a = b }", true],
    ["using a = b", true],
    ["f(await 1)", true],
    ["import 'x'", true],
    ["`${await 1}`", true],
    ["for await (const a of b);", true],
  ];
  for (const [source, isAsync] of table) {
    assert.equal(transformCell(source, TS).isAsync, isAsync, source);
  }
});

Deno.test("transformCell() refuses cells above its limit", () => {
  const source = "1;".repeat(CELL_CHARS_MAX / 2);
  assert.throws(() => transformCell(`${source} `, JS), {
    name: "RangeError",
    message: /it has 4194305 characters, 4194304 are allowed/,
  });
});

Deno.test("transformCell() refuses names that stacks cannot show", () => {
  for (
    const name of ["cell-1", "ippd:", "ippd:a b", "ippd:a\nb", "ippd:a.ts"]
  ) {
    assert.throws(() => transformCell("1", { ...TS, name }), RangeError);
  }
});
