import assert from "node:assert/strict";
import { combine, expectReduction } from "./mod.ts";

Deno.test("combine() knows numbers, bigints and arrays", () => {
  const table: readonly [unknown, unknown, unknown, unknown][] = [
    ["sum", 2, 3, 5],
    ["product", 2, 3, 6],
    ["min", 2, 3, 2],
    ["max", 2, 3, 3],
    ["sum", 2n, 3n, 5n],
    ["product", 2n, 3n, 6n],
    ["min", 2n, 3n, 2n],
    ["max", 2n, 3n, 3n],
    ["max", NaN, 3, NaN],
    ["sum", Int8Array.of(1, 2), Int8Array.of(3, 4), Int8Array.of(4, 6)],
    [
      "min",
      Float32Array.of(1, 9),
      Float32Array.of(3, 4),
      Float32Array.of(1, 4),
    ],
    ["product", Float64Array.of(2), Float64Array.of(4), Float64Array.of(8)],
    [(a: string, b: string) => a + b, "x", "y", "xy"],
  ];
  for (const [operation, lower, higher, expected] of table) {
    assert.deepEqual(combine(operation, lower, higher), expected);
  }
});

Deno.test("combine() uses the memory of the higher array only", () => {
  const lower = Float64Array.of(1, 2);
  const higher = Float64Array.of(3, 4);
  assert.equal(combine("sum", lower, higher), higher);
  assert.deepEqual(lower, Float64Array.of(1, 2));
});

Deno.test("combine() refuses what does not fit together", () => {
  assert.throws(() => combine("sum", "a", "b"), TypeError);
  assert.throws(() => combine("sum", 1, 1n), TypeError);
  assert.throws(() => combine("mean", 1, 1), TypeError);
  assert.throws(() => expectReduction("mean"), TypeError);
  assert.throws(
    () => combine("sum", new Float64Array(1), new Float32Array(1)),
    TypeError,
  );
  assert.throws(
    () => combine("sum", new Float64Array(1), new Float64Array(2)),
    RangeError,
  );
  assert.throws(
    () => combine("sum", new BigInt64Array(1), new BigInt64Array(1)),
    TypeError,
  );
});
