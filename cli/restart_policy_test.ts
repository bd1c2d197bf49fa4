import assert from "node:assert/strict";
import { RestartPolicy } from "./restart_policy.ts";

Deno.test("RestartPolicy.next() waits longer each time, then gives up", () => {
  const policy = new RestartPolicy({
    restartsMax: 4,
    windowMs: 1_000,
    delayMs: 10,
    delayMaxMs: 15,
  });
  const pauses = [0, 1, 2, 3, 4].map((nowMs) => policy.next(nowMs));
  assert.deepEqual(pauses, [0, 10, 15, 15, undefined]);
});

Deno.test("RestartPolicy.next() forgets what was long ago", () => {
  const policy = new RestartPolicy({ restartsMax: 1, windowMs: 100 });
  assert.equal(policy.next(0), 0);
  assert.equal(policy.next(100), undefined);
  assert.equal(policy.next(101), 0);
});
