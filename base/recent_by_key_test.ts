import assert from "node:assert/strict";
import { RecentByKey } from "./recent_by_key.ts";

Deno.test("RecentByKey forgets what was used longest ago", () => {
  const recent = new RecentByKey<string>(10);
  recent.put("a", "A", 4);
  recent.put("b", "B", 4);
  assert.equal(recent.touch("a"), "A");
  recent.put("c", "C", 4);
  assert.equal(recent.touch("b"), undefined);
  assert.equal(recent.touch("a"), "A");
  assert.equal(recent.touch("c"), "C");
  assert.equal(recent.bytes, 8);
});

Deno.test("RecentByKey keeps the newest value whatever its size", () => {
  const recent = new RecentByKey<number>(10);
  recent.put("small", 1, 5);
  recent.put("huge", 2, 100);
  assert.equal(recent.touch("small"), undefined);
  assert.equal(recent.touch("huge"), 2);
  recent.put("huge", 3, 1);
  assert.equal(recent.touch("huge"), 3);
  assert.equal(recent.bytes, 1);
});
