import assert from "node:assert/strict";
import { closestWord, editDistance } from "./closest_word.ts";

Deno.test("editDistance counts letters to change", () => {
  const table: readonly (readonly [string, string, number])[] = [
    ["", "", 0],
    ["port", "port", 0],
    ["prt", "port", 1],
    ["prot", "port", 2],
    ["", "abc", 3],
    ["kitten", "sitting", 3],
  ];
  for (const [from, to, distance] of table) {
    assert.equal(editDistance(from, to), distance, `${from} ${to}`);
    assert.equal(editDistance(to, from), distance, `${to} ${from}`);
  }
});

Deno.test("closestWord finds what was meant, and nothing far away", () => {
  const known = ["port", "profile", "scheme", "targets"];
  assert.equal(closestWord("prot", known), "port");
  assert.equal(closestWord("targ", known), "targets");
  assert.equal(closestWord("schema", known), "scheme");
  assert.equal(closestWord("zzz", known), undefined);
  assert.equal(closestWord("p", []), undefined);
});
