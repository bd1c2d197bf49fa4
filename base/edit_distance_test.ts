import assert from "node:assert/strict";
import { editDistance } from "./edit_distance.ts";

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
