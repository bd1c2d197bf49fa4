import assert from "node:assert/strict";
import { COLOURED, cutLine, PLAIN, textWidth } from "./style.ts";

for (
  const [text, width] of [
    ["", 0],
    ["plain", 5],
    ["naïve", 5],
    ["nai\u0308ve", 5],
    ["日本", 4],
    ["🚀 up", 5],
    [COLOURED.bad("error"), 5],
  ] as const
) {
  Deno.test(`textWidth() of ${JSON.stringify(text)} is ${width}`, () => {
    assert.equal(textWidth(text), width);
  });
}

Deno.test("PLAIN says the words alone, and COLOURED nothing for nothing", () => {
  assert.equal(PLAIN.bad("error"), "error");
  assert.equal(COLOURED.good(""), "");
  assert.equal(COLOURED.good("ok"), "\x1b[32mok\x1b[0m");
});

Deno.test("cutLine() cuts by columns, and ends a colour that it cuts", () => {
  assert.equal(cutLine("abcdef", 6), "abcdef");
  assert.equal(cutLine("abcdef", 4), "abcd");
  assert.equal(cutLine("a日本", 4), "a日");
  assert.equal(cutLine(`ab${COLOURED.bad("cdef")}`, 4), "ab\x1b[31mcd\x1b[0m");
});
