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
  for (const pause of [50, 100, 200]) equal(policy.nextDelayMs(), pause);
  policy.connectionLasted(399);
  equal(policy.nextDelayMs(), 400);
  policy.connectionLasted(800);
  equal(policy.nextDelayMs(), 50);
});

Deno.test("ReconnectPolicy keeps pauses short while connections are cut", () => {
  const policy = new ReconnectPolicy(50, 5_000, () => 1);
  for (let count = 0; count < 20; count++) {
    ok(policy.nextDelayMs() <= 100);
    policy.connectionLasted(150);
  }
});

Deno.test("ReconnectPolicy asks ever less often where it is thrown out at once", () => {
  const policy = new ReconnectPolicy(50, 5_000, () => 1);
  for (let count = 0; count < 9; count++) {
    policy.nextDelayMs();
    policy.connectionLasted(20);
  }
  equal(policy.nextDelayMs(), 5_000);
});
