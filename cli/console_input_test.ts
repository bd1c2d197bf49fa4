import assert from "node:assert/strict";
import {
  readInput,
  readTargets,
  TARGETS_LENGTH_MAX,
  wantsMore,
} from "./console_input.ts";

Deno.test("readInput tells words of the console from code", () => {
  assert.deepEqual(readInput("1 % 2"), { kind: "code", code: "1 % 2" });
  assert.deepEqual(readInput(" %targets  0,2 "), {
    kind: "word",
    word: "targets",
    rest: "0,2",
  });
  assert.deepEqual(readInput("%px a\nb"), {
    kind: "word",
    word: "px",
    rest: "a\nb",
  });
});

Deno.test("wantsMore asks for more lines while something is open", () => {
  const open = ["f(", "{", "[1,", "`a", "`${", "/* a", "a \\", "({ a: '}'"];
  const whole = [
    "",
    "f()",
    "'('",
    '"{"',
    "`${'}'}`",
    "`\\``",
    "// (",
    "/* ( */ 1",
    "if (a) { b }",
    "'\\''",
    "`${`${1}`}`",
    "a // it's",
  ];
  for (const code of open) assert.equal(wantsMore(code), true, code);
  for (const code of whole) assert.equal(wantsMore(code), false, code);
});

Deno.test("readTargets reads ids and ranges of positions", () => {
  const ids = [0, 1, 4, 5, 9];
  assert.equal(readTargets("all", ids), "all");
  assert.deepEqual(readTargets("4, 0", ids), [4, 0]);
  assert.deepEqual(readTargets("::2", ids), [0, 4, 9]);
  assert.deepEqual(readTargets("1:3", ids), [1, 4]);
  assert.deepEqual(readTargets("-2:", ids), [5, 9]);
  for (
    const text of ["", "a", "1,", "1:2:0", "0".repeat(TARGETS_LENGTH_MAX + 1)]
  ) {
    assert.throws(() => readTargets(text, ids), RangeError, text);
  }
});
