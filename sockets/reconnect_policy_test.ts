import { deepEqual, equal, ok } from "node:assert/strict";
import { ReconnectPolicy } from "./reconnect_policy.ts";

Deno.test("ReconnectPolicy doubles its pauses up to the limit", () => {
  const policy = new ReconnectPolicy(50, 5_000, () => 1);
  const pauses = Array.from({ length: 9 }, () => policy.nextDelayMs());
  deepEqual(pauses, [50, 100, 200, 400, 800, 1600, 3200, 5000, 5000]);
});

Deno.test("ReconnectPolicy takes up to half of a pause away at random", () => {
  const policy = new ReconnectPolicy(100, 100, Math.random);
  for (let count = 0; count < 100; count++) {
    const pause = policy.nextDelayMs();
    ok(pause >= 50 && pause <= 100);
  }
});

Deno.test("ReconnectPolicy starts over after a connection that lasted", () => {
  const policy = new ReconnectPolicy(50, 5_000, () => 1);
  policy.nextDelayMs();
  policy.connectionLasted(4_999);
  equal(policy.nextDelayMs(), 100);
  policy.connectionLasted(5_000);
  equal(policy.nextDelayMs(), 50);
});
