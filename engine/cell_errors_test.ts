import assert from "node:assert/strict";
import { type Ran, runCases, type Step } from "./cell_fixture_test.ts";

async function run(...steps: readonly Step[]): Promise<Ran> {
  const [result] = await runCases([steps]);
  assert.ok(result);
  return result;
}

Deno.test("Namespace reports where a cell is wrong", async () => {
  const table: readonly (readonly [
    source: string,
    line: number,
    column: number,
    reason: RegExp,
    language?: "ts" | "js",
  ])[] = [
    ["const a = ;", 1, 11, /Unexpected token/, "js"],
    ["const a = ;", 1, 11, /Expression expected/],
    ["\n\tlet a: number = \n  = 3", 3, 3, /Expression expected/],
    ["let a = 1\nlet a: number = 2", 2, 5, /already been declared/],
    ["let a\nlet a", 2, 5, /already been declared/, "js"],
    ["1;\n  return 2", 2, 3, /'return' outside/],
    ["using a = null\n  return 2", 2, 3, /'return' outside/],
    ["using a = null;\nlet b = ;", 2, 9, /Expression expected/],
    ["using a = null;\nlet b = ;", 2, 9, /Unexpected token/, "js"],
    ["const f = (", 1, 12, /./],
    ["`abc", 1, 2, /Unterminated template/, "js"],
    ["let s = 'a\n'", 1, 9, /Unterminated string/, "js"],
    ["1;\nexport * from 'x'", 2, 1, /cannot export/],
    ["export { a } from 'x'", 1, 1, /cannot export/],
    ["if (1) {\n import 'x'\n}", 2, 2, /top level/, "js"],
    ["\nimport.meta.url", 2, 1, /no import\.meta/],
    ["enum E { A }\nlet a; let a", 2, 12, /already been declared/],
    ["enum E { A }\n\n  return E", 3, 3, /'return' outside/],
    ["1\n@dec class A {}", 2, 1, /cannot have decorators/],
    ["(".repeat(5000) + ")".repeat(5000), 1, 1, /deeper than 500/],
    ["/(/", 1, 2, /Invalid regular expression/],
  ];
  const results = await runCases(
    table.map(([source, , , , language = "ts"]) => [{ run: source, language }]),
  );
  for (const [index, [source, line, column, reason]] of table.entries()) {
    const { error } = results[index] ?? {};
    const told = `${source.slice(0, 80)}\n${error?.message}`;
    assert.equal(error?.name, "SyntaxError", told);
    assert.deepEqual([error?.line, error?.column], [line, column], told);
    assert.match(error?.message ?? "", reason, told);
    const place = `Cannot read ippd:cell-1, line ${line}, column ${column}: `;
    assert.ok(error?.message.startsWith(place), told);
    const [, shown = "", caret = ""] = error?.message.split("\n") ?? [];
    if (source.length < 100) {
      const text = source.split("\n")[line - 1];
      assert.equal(shown, `  ${line} | ${text}`, told);
      assert.equal(caret.length, "  1 | ".length + column, told);
    }
  }
});

Deno.test("Namespace does not take brackets in texts for nesting", async () => {
  const brackets = "(".repeat(600);
  const table: readonly (readonly [string, string])[] = [
    [`const a: string = "x"; "${brackets}".length`, "600"],
    [`const a: string = "\\"${brackets}"; a.length`, "601"],
    [`\`${brackets}\`.length`, "600"],
    ["let a: number = 0\n" + "if (a < 1) a += 1\n".repeat(600) + "a", "1"],
  ];
  const results = await runCases(table.map(([run]) => [{ run }]));
  for (const [index, [, value]] of table.entries()) {
    assert.equal(results[index]?.value, value, results[index]?.error?.message);
  }
});

Deno.test("Namespace shows the user's frames only", async () => {
  const table: readonly (readonly [cells: readonly string[], RegExp])[] = [
    [["1\n  throw new Error('x')"], /^Error: x\n {4}at ippd:cell-1:2:9$/],
    [
      ["function f() {\n  null.x\n}", "1\nf()"],
      /\n {4}at f \(ippd:cell-1:2:8\)\n {4}at ippd:cell-2:2:1$/,
    ],
    [
      ["await 0\nfunction f() {\n  null.x\n}\n[1].map(f)"],
      /\n {4}at f \(ippd:cell-1:3:8\)\n {4}at Array\.map \(<anonymous>\)\n {4}at ippd:cell-1:5:\d+$/,
    ],
    [
      ["let n: number = 0\nenum E { A }\nclass A {\n  constructor(\n    private x: number,\n  ) {\n    null.x\n  }\n}\n\nnew A(\n  E.A,\n)"],
      /\n {4}at new A \(ippd:cell-1:7:\d+\)\n {4}at ippd:cell-1:11:\d+$/,
    ],
    [
      ['import "./throws.ts"'],
      /^RangeError: inside\n {4}at file:.*\/throws\.ts:3:7$/,
    ],
    [["a.b"], /^ReferenceError: a is not defined\n {4}at ippd:cell-1:1:1$/],
  ];
  const results = await runCases(
    table.map(([cells]) => cells.map((run) => ({ run }))),
  );
  for (const [index, [cells, stack]] of table.entries()) {
    assert.match(results[index]?.error?.stack ?? "", stack, cells.join("\n"));
  }
});

Deno.test("Namespace names the import that fails, and its line", async () => {
  const table: readonly (readonly [string, RegExp])[] = [
    [
      '1\nimport "./missing.ts"',
      /^TypeError: Cannot import "\.\/missing\.ts" in ippd:cell-1:2: Module not found "file:.*missing\.ts"\.\n {4}at ippd:cell-1:2:1$/,
    ],
    ['import a from "missing"', /Cannot import "missing" in ippd:cell-1:1: /],
    [
      'import "node:missing"',
      /Cannot import "node:missing" in ippd:cell-1:1: /,
    ],
    [
      'import "./nested.ts"',
      /Cannot import "\.\/nested\.ts" in ippd:cell-1:1: /,
    ],
    [
      '\nimport { nothing } from "./shop.ts"; nothing',
      /^SyntaxError: Cannot import "\.\/shop\.ts" in ippd:cell-1:2: it exports nothing named "nothing"/,
    ],
    ['await import("./missing.ts")', /missing\.ts/],
  ];
  const results = await runCases(table.map(([run]) => [{ run }]));
  for (const [index, [source, stack]] of table.entries()) {
    assert.match(results[index]?.error?.stack ?? "", stack, source);
  }
});

Deno.test("Namespace refuses to declare what cannot change", async () => {
  const { error } = await run({ run: "var undefined = 1" });
  assert.equal(
    error?.message,
    "Cannot declare undefined: it cannot be changed",
  );
});
