import assert from "node:assert/strict";
import { analyseFunction } from "./analysis/mod.ts";
import { compileSource, type SourceToCompile } from "./mod.ts";
import { compileUnbound, isVariableName } from "./compile_function.ts";

const { eval: evaluate } = globalThis;

function call(source: string | SourceToCompile, ...args: unknown[]): unknown {
  const given = typeof source === "string" ? { source } : source;
  return compileSource(given, evaluate)(...args);
}

Deno.test("compileSource compiles every form, told or not", async () => {
  const rows: [source: string, form: "expression" | "member"][] = [
    ["(x) => x + 1", "expression"],
    ["x => x + 1 // and a comment", "expression"],
    ["function (x) { return x + 1; }", "expression"],
    ["async function named(x) { return x + 1; }", "expression"],
    ["async (x) => x + 1", "expression"],
    ["m(x) { return x + 1; }", "member"],
    ['"quoted name"(x) { return x + 1; }', "member"],
    ["12(x) { return x + 1; }", "member"],
    ["async(x) { return x + 1; }", "member"],
    ["async m(x) { return x + 1; } // and a comment", "member"],
  ];
  for (const [source, form] of rows) {
    assert.equal(await call(source, 2), 3, source);
    assert.equal(await call({ source, form }, 2), 3, source);
  }
  assert.deepEqual([...Object(call("*m(x) { yield x; }", 2))], [2]);
});

Deno.test("compileSource compiles strict code that sees nothing of ours", () => {
  assert.equal(call("function () { return this; }"), undefined);
  assert.throws(() => call("() => { undeclared = 1; }"), ReferenceError);
  const captures = { value: 1 };
  for (const name of ["source", "captures", "evaluate", "scope", "names"]) {
    const code = { source: `() => typeof ${name}`, captures };
    assert.equal(call(code), "undefined");
  }
});

Deno.test("compileSource binds captures as constants", () => {
  const captures = { a: 1, b: { c: 2 }, fetch: "mine", $_ä: 3 };
  const source = "(x) => [a, b.c, fetch, $_ä, x]";
  assert.deepEqual(call({ source, captures }, 4), [1, 2, "mine", 3, 4]);
  const member = { source: "m() { return a; }", captures };
  assert.equal(call(member), 1);
  assert.throws(() => call({ source: "() => a++", captures }), TypeError);
});

Deno.test("compileSource refuses names that are no names of variables", () => {
  for (
    const name of ["a b", "1a", "", "a,b}=0;x()//", "let", "await", "eval"]
  ) {
    assert.equal(isVariableName(name), false, name);
    const code = { source: "() => 1", captures: { [name]: 1 } };
    assert.throws(() => call(code), /a capture is named .*; rename it$/, name);
  }
});

Deno.test("compileSource refuses what is not a function", () => {
  assert.throws(() => call("5"), /of type number/);
  assert.throws(() => call(""), /of type undefined/);
  assert.throws(() => call("syntax error("), SyntaxError);
  assert.throws(
    () => call({ source: "m() {}", form: "expression" }),
    SyntaxError,
  );
  assert.throws(
    () => compileSource({ source: "() => 1" }, () => 5),
    /its script makes none/,
  );
});

Deno.test("compileSource lets errors of the code pass", () => {
  const source = "class { static x = null.y; }";
  assert.throws(() => call(source), /Cannot read properties of null/);
});

Deno.test("compileSource keeps the lines of the function's own text", () => {
  const source = "function fail() {\n  // here\n  null.x;\n}";
  for (
    const [given, expected] of [
      [{ source, name: "abc-12_Z" }, /at fail \(ippd:abc-12_Z:3:8\)/],
      [{ source, name: "a b\nc()" }, /at fail \(ippd:a_b_c__:3:8\)/],
      [{ source, name: "x".repeat(500) }, /at fail \(ippd:x{80}:3:8\)/],
      [{ source }, /at fail \(ippd:function:3:8\)/],
      [{ source, name: "z", captures: { a: 1 } }, /\(ippd:z:3:8\)/],
      [
        { source: "fail() {\n\n  null.x;\n}", name: "m" },
        /\(ippd:m:3:8\)/,
      ],
    ] as const
  ) {
    assert.throws(() => call(given), (error) => {
      assert.ok(error instanceof Error);
      // V8 writes `eval at …` around the place of evaluated code.
      const stack = (error.stack ?? "").replace(/, <anonymous>:/, ":")
        .replace(/\(eval at [^(]*\([^)]*\)?[^,]*, /, "(");
      assert.match(stack, expected);
      return true;
    });
  }
});

Deno.test("compileUnbound binds once more when the scope is complete", () => {
  const captures: Record<string, unknown> = { a: 1, b: undefined };
  const source = { source: "() => [a, b]", captures };
  const { value, bind } = compileUnbound(source, evaluate);
  captures["b"] = 2;
  assert.deepEqual(value(), [1, undefined]);
  bind();
  assert.deepEqual(value(), [1, 2]);
});

Deno.test("compileSource compiles each form that analyseFunction finds", () => {
  const holder = {
    method(x: number) {
      return x + 1;
    },
    get(x: number) {
      return x + 1;
    },
    "with space": (x: number) => x + 1,
  };
  class Statics {
    static method(this: void, x: number): number {
      return x + 1;
    }
  }
  const functions = [
    ...Object.values(holder),
    Statics.method,
    function named(x: number) {
      return x + 1; // the end
    },
  ];
  for (const fn of functions) {
    const source = fn.toString();
    const { form } = analyseFunction(source);
    assert.equal(call({ source, form }, 2), 3, source);
  }
});
