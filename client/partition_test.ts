import assert from "node:assert/strict";
import fc from "fast-check";
import {
  blockBounds,
  checkDistribution,
  cutSequence,
  type Distribution,
  joinParts,
} from "./partition.ts";

Deno.test("blockBounds gives the first parts one element more", () => {
  assert.deepEqual(blockBounds(5, 3), [[0, 2], [2, 4], [4, 5]]);
  assert.deepEqual(blockBounds(2, 3), [[0, 1], [1, 2], [2, 2]]);
  assert.deepEqual(blockBounds(0, 2), [[0, 0], [0, 0]]);
});

Deno.test("cutSequence and joinParts are each other's inverse", () => {
  const dist = fc.constantFrom<Distribution>("block", "cyclic");
  const sequence = fc.oneof(
    fc.array(fc.integer(), { minLength: 1 }),
    fc.string({ minLength: 1 }),
    fc.float64Array({ noNaN: true, minLength: 1 }),
    fc.uint8Array({ minLength: 1 }),
    fc.bigInt64Array({ minLength: 1 }),
  );
  fc.assert(fc.property(
    sequence,
    fc.integer({ min: 1, max: 9 }),
    dist,
    (whole, parts, how) => {
      const cut = cutSequence(whole, parts, how);
      assert.equal(cut.length, parts);
      assert.deepEqual(joinParts(cut, how), whole);
    },
  ));
});

Deno.test("cutSequence gives blocks of typed arrays as views", () => {
  const whole = new Float64Array([1, 2, 3]);
  const [first, second] = cutSequence(whole, 2, "block");
  assert.ok(first instanceof Float64Array && second instanceof Float64Array);
  assert.equal(first.buffer, whole.buffer);
  assert.deepEqual([...second], [3]);
  assert.deepEqual(cutSequence(new Set([1, 2]), 2, "cyclic"), [[1], [2]]);
  for (const wrong of [5, undefined, null, {}, () => 1]) {
    assert.throws(() => cutSequence(wrong, 2, "block"), /Cannot scatter/);
  }
});

Deno.test("joinParts keeps what is alike, and lists the rest", () => {
  assert.deepEqual(joinParts([[1], [2, 3]], "block"), [1, 2, 3]);
  assert.deepEqual(joinParts(["ab", "c"], "block"), "abc");
  assert.deepEqual(joinParts([1, [2], "x"], "block"), [1, 2, "x"]);
  assert.deepEqual(
    joinParts([new Uint8Array([1]), new Uint16Array([2])], "block"),
    [1, 2],
  );
  assert.deepEqual(joinParts([[[1]], [[2]]], "block"), [[1], [2]]);
  assert.deepEqual(joinParts([], "block"), []);
});

Deno.test("checkDistribution refuses what is neither block nor cyclic", () => {
  assert.equal(checkDistribution({}), "block");
  assert.throws(() => checkDistribution({ dist: "r" as never }), TypeError);
});
