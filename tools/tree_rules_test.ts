import assert from "node:assert/strict";
import {
  checkTree,
  FILE_LINES_MAX,
  FUNCTION_LINES_MAX,
  wordDigest,
} from "./tree_rules.ts";

/** The offences of a tree as `file:line`. */
function places(files: Record<string, string>): string[] {
  return checkTree(new Map(Object.entries(files)))
    .map(({ path, line }) => `${path}:${line}`);
}

function functionOf(lines: number): string {
  return `function f(): void {\n${"  g();\n".repeat(lines - 2)}}\n`;
}

Deno.test("checkTree accepts files up to the budget and none above", () => {
  const full = "a();\n".repeat(FILE_LINES_MAX);
  assert.deepEqual(places({ "tools/a.ts": full }), []);
  assert.deepEqual(places({ "tools/a.ts": full + "a();\n" }), [
    `tools/a.ts:${FILE_LINES_MAX + 1}`,
  ]);
  assert.deepEqual(places({ "docs/a.md": full + "a();\n" }), []);
});

Deno.test("checkTree accepts functions up to the budget and none above", () => {
  const long = functionOf(FUNCTION_LINES_MAX + 1);
  assert.deepEqual(places({ "a/a.ts": functionOf(FUNCTION_LINES_MAX) }), []);
  assert.deepEqual(places({ "a/a.ts": `\n${long}` }), ["a/a.ts:2"]);
  const method = `class A {\n  ${long.replace("function ", "")}}\n`;
  assert.deepEqual(places({ "a/a.ts": method }), ["a/a.ts:2"]);
  const arrow = long.replace("function f(): void", "g((): void =>") + ")";
  assert.deepEqual(places({ "a/a.ts": arrow }), ["a/a.ts:1"]);
});

Deno.test("checkTree lets a long function give its reason", () => {
  const long = functionOf(FUNCTION_LINES_MAX + 1);
  const excused = `// long: one switch, measured by relay_bench\n${long}`;
  assert.deepEqual(places({ "a/a.ts": excused }), []);
  assert.deepEqual(places({ "a/a.ts": `// long:\n${long}` }), ["a/a.ts:2"]);
});

Deno.test("checkTree says which file cannot be parsed", () => {
  assert.deepEqual(places({ "a/a.ts": "function (" }), ["a/a.ts:1"]);
});

Deno.test("checkTree finds import cycles of values and of types", () => {
  const offences = checkTree(
    new Map([
      ["tools/a.ts", `import { b } from "./b.ts";\n`],
      ["tools/b.ts", `export * from "./c.ts";\n`],
      ["tools/c.ts", `\nimport type {\n  a,\n} from "./a.ts";\n`],
    ]),
  );
  assert.deepEqual(offences, [{
    path: "tools/c.ts",
    line: 2,
    what: "Cannot import in a ring: " +
      "tools/a.ts -> tools/b.ts -> tools/c.ts -> tools/a.ts",
  }]);
  const lazy = `function f() {\n  return import("./a.ts");\n}\n`;
  assert.deepEqual(places({ "tools/a.ts": lazy }), ["tools/a.ts:2"]);
});

Deno.test("checkTree does not take examples in comments for imports", () => {
  const text = `/**\n * import { a } from "./a.ts";\n */\nf();\n`;
  assert.deepEqual(places({ "tools/a.ts": text }), []);
});

Deno.test("checkTree demands a door of each layer that has code", () => {
  assert.deepEqual(places({ "hub/hub.ts": "f();\n" }), ["hub/mod.ts:1"]);
  const both = { "hub/hub.ts": "f();\n", "hub/mod.ts": "f();\n" };
  assert.deepEqual(places(both), []);
  assert.deepEqual(places({ "tools/a.ts": "f();\n" }), []);
});

Deno.test("checkTree refuses paths of one machine and refused words", () => {
  const home = ["", "root", "a"].join("/");
  assert.deepEqual(places({ "docs/a.md": `one\nsee ${home}\n` }), [
    "docs/a.md:2",
  ]);
  assert.deepEqual(places({ "docs/a.md": "see src/work/a and /tmp/a\n" }), []);
  const host = ["registry", "npmjs", "org"].join(".");
  assert.deepEqual(places({ "docs/a.md": `from https://${host}/x\n` }), [
    "docs/a.md:1",
  ]);
});

Deno.test("wordDigest is FNV-1a", () => {
  assert.equal(wordDigest(""), 0x811c9dc5);
  assert.equal(wordDigest("foobar"), 0xbf9cf968);
});
