import assert from "node:assert/strict";
import {
  CHUNK_ITEMS_MAX,
  fixedChunks,
  MeasuredChunks,
} from "./chunk_policy.ts";

Deno.test("MeasuredChunks starts with single items and grows by measure", () => {
  const policy = new MeasuredChunks(2);
  assert.equal(policy.next(undefined), 1);
  policy.sent(1, 10);
  policy.ran(1, 0.001);
  assert.equal(policy.next(undefined), 16);
  policy.ran(16, 0.016);
  assert.equal(policy.next(undefined), 256);
  for (let round = 0; round < 5; round++) {
    policy.ran(policy.next(undefined), policy.next(undefined) * 0.001);
  }
  assert.equal(policy.next(undefined), CHUNK_ITEMS_MAX);
  assert.equal(policy.next(8), 2);
  assert.equal(policy.next(0), 1);
});

Deno.test("MeasuredChunks keeps long items apart, and large ones", () => {
  const slow = new MeasuredChunks(2);
  slow.ran(1, 500);
  assert.equal(slow.next(undefined), 1);
  const large = new MeasuredChunks(2);
  large.sent(1, 2 << 20);
  large.ran(1, 0.001);
  assert.equal(large.next(undefined), 2);
  const odd = new MeasuredChunks(0);
  odd.ran(0, -1);
  assert.ok(odd.next(undefined) >= 1);
  assert.equal(odd.outstandingMax, 3);
});

Deno.test("MeasuredChunks shrinks at once when items become slow", () => {
  const policy = new MeasuredChunks(1);
  policy.ran(100, 10);
  assert.equal(policy.next(undefined), 200);
  policy.ran(200, 2_000);
  assert.equal(policy.next(undefined), 2);
});

Deno.test("fixedChunks are as the caller wants them", () => {
  const policy = fixedChunks(7, 0);
  policy.ran(7, 1);
  policy.sent(7, 1);
  assert.equal(policy.next(3), 7);
  assert.equal(policy.outstandingMax, 64);
});
