import assert from "node:assert/strict";
import {
  findWords,
  functionWords,
  moduleWords,
  wordAt,
} from "./source_match.ts";

const MODULE = `#!/usr/bin/env deno
const a = x => x + 1, b = 'it';
view.apply((x) => x + 1);
class C { async m(y) { return /a;b/g.test(y) ? \`\${y}!\` : 0x10 } }
`;

Deno.test("findWords() finds a function whatever a compiler made of it", () => {
  const words = moduleWords(MODULE);
  const place = (
    source: string,
    line: number,
    form: "expression" | "member" = "expression",
  ): string => {
    const at = findWords(words, functionWords(source, form), line);
    const word = words[at ?? -1];
    return word === undefined ? "none" : `${word.line}:${word.column}`;
  };
  assert.equal(place("(x)=>x + 1", 1), "2:11");
  assert.equal(place("(x)=>x + 1", 3), "3:13");
  // It stands before the call.
  assert.equal(place("(x)=>x + 1", 4), "3:13");
  assert.equal(place("(x)=>x + 2", 1), "none");
  const method = "async m(y) {\n  return /a;b/g.test(y) ? `${y}!` : 16;\n}";
  assert.equal(place(method, 1, "member"), "4:11");
  assert.equal(place("async m(y) { return 1 }", 1, "member"), "none");
});

Deno.test("wordAt() gives the word at a place, or before it", () => {
  const words = functionWords("(x) =>\n  x.y", "expression");
  const key = (line: number, column: number): string =>
    words[wordAt(words, { line, column })]?.key ?? "";
  assert.equal(key(1, 1), "name x");
  assert.equal(key(1, 5), "=> undefined");
  assert.equal(key(2, 3), "name x");
  assert.equal(key(2, 5), "name y");
  assert.equal(key(9, 9), "name y");
});
