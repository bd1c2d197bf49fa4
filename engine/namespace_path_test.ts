import assert from "node:assert/strict";
import fc from "fast-check";
import { parsePath, PATH_CHARS_MAX, showPath } from "./namespace_path.ts";

Deno.test("parsePath() tells paths from expressions", () => {
  const table: readonly (readonly [string, readonly string[] | undefined])[] = [
    ["a", ["a"]],
    [" a.b ", ["a", "b"]],
    ["$a._b[10]", ["$a", "_b", "10"]],
    ['a["b\\n"]', ["a", "b\n"]],
    ["größe.x", ["größe", "x"]],
    ["a.this", ["a", "this"]],
    ["", undefined],
    ["a b", undefined],
    ["a.", undefined],
    ["a[", undefined],
    ["a[-1]", undefined],
    ["a[b]", undefined],
    ['a["\\q"]', undefined],
    ["a()", undefined],
    ["1", undefined],
    ["this", undefined],
    ["a".repeat(PATH_CHARS_MAX + 1), undefined],
  ];
  for (const [text, steps] of table) {
    assert.deepEqual(parsePath(text), steps, text);
  }
});

Deno.test("parsePath() reads what showPath() writes", () => {
  fc.assert(
    fc.property(
      fc.array(fc.string({ maxLength: 8 }), { maxLength: 8 }),
      (steps) => {
        const path = ["a", ...steps];
        assert.deepEqual(parsePath(showPath(path)), path);
      },
    ),
  );
});
