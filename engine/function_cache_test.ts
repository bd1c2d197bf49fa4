import assert from "node:assert/strict";
import { createEvaluator } from "./evaluator.ts";
import { FunctionCache, type UserFunction } from "./function_cache.ts";
import { unitOf } from "./slot_fixture_test.ts";
import { trimStack } from "./stack_trim.ts";

function compile(source: string): UserFunction {
  const cache = new FunctionCache(createEvaluator(), 1000);
  cache.put("hash-of_it1", unitOf(source));
  const shipped = cache.touch("hash-of_it1");
  assert.ok(shipped);
  assert.equal(shipped.compile(), shipped.compile());
  return shipped.compile();
}

const holder = {
  method(x: number) {
    return x + 1;
  },
  *generator(x: number) {
    yield x + 1;
  },
  "quoted name"(x: number) {
    return x + 1;
  },
  get accessor() {
    return 5;
  },
  async(x: number) {
    return x + 1;
  },
};

Deno.test("FunctionCache compiles every form of function source", async () => {
  const cases: [string, unknown][] = [
    ["(x) => x + 1", 3],
    ["x => x + 1 // and a comment", 3],
    ["function (x) { return x + 1; }", 3],
    ["function named(x) { return x + 1; }", 3],
    ["async (x) => x + 1", 3],
    [holder.method.toString(), 3],
    [holder["quoted name"].toString(), 3],
    [holder.async.toString(), 3],
    ["async method(x) { return x + 1 }", 3],
    [
      String(Object.getOwnPropertyDescriptor(holder, "accessor")?.get),
      5,
    ],
  ];
  for (const [source, expected] of cases) {
    assert.equal(await compile(source)(2), expected, source);
  }
  assert.deepEqual([...Object(compile(holder.generator.toString())(2))], [3]);
});

Deno.test("FunctionCache compiles strict code", () => {
  assert.equal(compile("function () { return this; }")(), undefined);
  assert.throws(() => compile("() => { undeclared = 1; }")(), ReferenceError);
});

Deno.test("FunctionCache refuses what is not a function", () => {
  assert.throws(() => compile("5"), /of type number/);
  assert.throws(() => compile("syntax error("), SyntaxError);
  assert.throws(() => compile(""), /of type undefined/);
});

Deno.test("FunctionCache compiles imports relative to the working directory", async () => {
  const text = await compile(
    `async () => Object.keys(await import("./engine/stack_trim.ts")).join()`,
  )();
  assert.equal(text, "trimStack");
  const parsed = await compile(
    `async () => (await import("./deno.json", { with: { type: "json" } })).default.name`,
  )();
  assert.equal(parsed, "@ippd/ippd");
});

Deno.test("FunctionCache forgets functions above its budget", () => {
  const cache = new FunctionCache(createEvaluator(), unitOf("() => 1").length);
  cache.put("a", unitOf("() => 1"));
  cache.put("b", unitOf("() => 2"));
  assert.equal(cache.touch("a"), undefined);
  assert.equal(cache.touch("b")?.compile()(), 2);
});

Deno.test("trimStack leaves the frames of shipped code only", () => {
  const fail = compile("function fail() {\n  [1].map(() => { null.x; });\n}");
  let stack = "";
  try {
    fail();
  } catch (error) {
    assert.ok(error instanceof Error);
    stack = trimStack(error.stack ?? "");
  }
  const lines = stack.split("\n");
  assert.match(lines[0] ?? "", /^TypeError: Cannot read properties of null/);
  assert.match(lines.at(-1) ?? "", /at fail \(ippd:hash-of_it1:2:7\)$/);
  assert.equal(lines.length, 4);
});

Deno.test("trimStack keeps the message only where nothing was shipped", () => {
  assert.equal(
    trimStack("Error: two\nlines ippd:x\n    at a (file:///a.ts:1:2)"),
    "Error: two\nlines ippd:x",
  );
});
