import assert from "node:assert/strict";
import { BATCHES_REMEMBERED_MAX, BatchMemory } from "./batch_memory.ts";

Deno.test("BatchMemory knows the last batches of each scheduler", () => {
  const memory = new BatchMemory();
  assert.equal(memory.isNew("s", 0), true);
  assert.equal(memory.isNew("t", 0), true);
  assert.equal(memory.isNew("s", 0), false);
  for (let batch = 1; batch <= BATCHES_REMEMBERED_MAX; batch++) {
    assert.equal(memory.isNew("s", batch), true);
  }
  assert.equal(memory.isNew("s", 1), false);
  assert.equal(memory.isNew("s", 0), true, "too long ago");
  memory.forget("s");
  assert.equal(memory.isNew("s", BATCHES_REMEMBERED_MAX), true);
});
