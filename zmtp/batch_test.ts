import { equal, notEqual, ok } from "node:assert/strict";
import { BatchPool } from "./batch.ts";

const MIB = 1024 ** 2;

Deno.test("BatchPool keeps some batches and no more", () => {
  const pool = new BatchPool();
  const batches = Array.from({ length: 40 }, () => pool.take());
  for (const batch of batches) pool.give(batch);
  const again = new Set(Array.from({ length: 40 }, () => pool.take()));
  equal(batches.filter((batch) => again.has(batch)).length, 32);
});

Deno.test("BatchPool lends a large buffer again when it fits", () => {
  const pool = new BatchPool();
  const batch = pool.take();
  const first = pool.borrowLarge(batch, MIB + 42);
  equal(first.byteLength, MIB + 64);
  notEqual(pool.borrowLarge(batch, MIB), first);
  pool.give(batch);
  const next = pool.take();
  notEqual(pool.borrowLarge(next, 2 * MIB), first);
  ok(pool.borrowLarge(next, MIB - 5).byteLength === first.byteLength);
});

Deno.test("BatchPool keeps two large buffers, and none that is huge", () => {
  const pool = new BatchPool();
  const batch = pool.take();
  const huge = pool.borrowLarge(batch, 34 * MIB);
  equal(huge.byteLength, 34 * MIB);
  const three = [1, 2, 4].map((size) => pool.borrowLarge(batch, size * MIB));
  pool.give(batch);
  const next = pool.take();
  const again = Array.from({ length: 3 }, () => pool.borrowLarge(next, MIB));
  const kept = three.filter((buffer) => again.includes(buffer));
  equal(kept.length, 2);
  equal(kept.includes(three[0] ?? huge), false);
  equal(again.includes(huge), false);
});

Deno.test("BatchPool lets go of what was not used since the last trim", () => {
  const pool = new BatchPool();
  const batch = pool.take();
  const large = pool.borrowLarge(batch, MIB);
  pool.give(batch);
  pool.trim();
  equal(pool.take(), batch);
  equal(pool.borrowLarge(batch, MIB), large);
  pool.give(batch);
  pool.trim();
  pool.trim();
  notEqual(pool.take(), batch);
});
