import assert from "node:assert/strict";
import { closestWord } from "./closest_word.ts";

Deno.test("closestWord finds what was meant, and nothing far away", () => {
  const known = ["port", "profile", "scheme", "targets"];
  assert.equal(closestWord("prot", known), "port");
  assert.equal(closestWord("targ", known), "targets");
  assert.equal(closestWord("schema", known), "scheme");
  assert.equal(closestWord("zzz", known), undefined);
  assert.equal(closestWord("p", []), undefined);
});
