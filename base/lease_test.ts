import assert from "node:assert/strict";
import { Lease, VirtualClock } from "./mod.ts";

Deno.test("Lease expires once, when nothing was heard for its whole length", () => {
  const clock = new VirtualClock();
  const expired: number[] = [];
  const lease = new Lease({ clock, onExpired: (ms) => void expired.push(ms) });
  clock.advance(10_000);
  lease.begin(100);
  clock.advance(90);
  lease.renew();
  clock.advance(99);
  assert.deepEqual(expired, []);
  clock.advance(1);
  assert.deepEqual(expired, [100]);
  clock.advance(1000);
  assert.deepEqual(expired, [100]);
  assert.equal(clock.pending, 0);
});

Deno.test("Lease that is stopped does not expire", () => {
  const clock = new VirtualClock();
  const lease = new Lease({ clock, onExpired: () => assert.fail("expired") });
  lease.begin(100);
  lease.stop();
  clock.advance(1000);
  assert.equal(clock.pending, 0);
});
