import assert from "node:assert/strict";
import { listsJoined } from "./result_shape.ts";

Deno.test("listsJoined() joins any number of lists, in their order", () => {
  const { assemble } = listsJoined<number>();
  assert.deepEqual(assemble([]), []);
  assert.deepEqual(assemble([[1.5, 2]]), [1.5, 2]);
  // So many that they are joined in groups, and those again.
  const lists = Array.from({ length: 1_100_000 }, (_, index) => [index]);
  const joined = assemble(lists);
  assert.equal(joined.length, lists.length);
  assert.ok(joined.every((value, index) => value === index));
});

Deno.test("listsJoined() joins what is no array by its items", () => {
  const { assemble } = listsJoined<unknown>();
  const inner = [1];
  assert.deepEqual(
    assemble([["a", inner], Uint8Array.of(7, 8), [undefined]]),
    ["a", inner, 7, 8, undefined],
  );
});

Deno.test("listsJoined() gives a list of its own", () => {
  const list = [1, 2];
  const joined = listsJoined<number>().assemble([list]);
  joined.push(3);
  assert.deepEqual(list, [1, 2]);
});
