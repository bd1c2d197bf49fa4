import assert from "node:assert/strict";
import fc from "fast-check";
import { seededRandom } from "../base/mod.ts";
import { estimate, quantile } from "./statistics.ts";

Deno.test("quantile lies between neighbours in proportion", () => {
  assert.equal(quantile([3, 1, 2], 0.5), 2);
  assert.equal(quantile([4, 1, 2, 3], 0.5), 2.5);
  assert.equal(quantile([0, 10], 0.99), 9.9);
  assert.equal(quantile([7], 0.99), 7);
  assert.throws(() => quantile([], 0.5), RangeError);
});

Deno.test("estimate keeps the median inside its interval", () => {
  const samples = fc.array(fc.integer({ min: 0, max: 1000 }), {
    minLength: 1,
    maxLength: 12,
  });
  fc.assert(
    fc.property(samples, fc.integer(), (values, seed) => {
      const { low, median, high } = estimate(values, seededRandom(seed));
      assert.ok(low <= median && median <= high);
      assert.ok(low >= Math.min(...values) && high <= Math.max(...values));
    }),
    { numRuns: 20 },
  );
});

Deno.test("estimate narrows with samples that agree", () => {
  const random = seededRandom(1);
  const same = estimate([5, 5, 5, 5], random);
  assert.deepEqual(same, { median: 5, low: 5, high: 5 });
});
