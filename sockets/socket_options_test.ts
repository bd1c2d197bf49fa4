import { deepEqual, equal, throws } from "node:assert/strict";
import {
  DEFAULT_SOCKET_LIMITS,
  resolveSocketOptions,
} from "./socket_options.ts";
import { NULL } from "./socket_pair_test.ts";

Deno.test("resolveSocketOptions() fills in the defaults", () => {
  const resolved = resolveSocketOptions({
    security: NULL,
    limits: { peersMax: 3 },
    routingId: "a\xff",
  });
  deepEqual(resolved.limits, { ...DEFAULT_SOCKET_LIMITS, peersMax: 3 });
  deepEqual(resolved.routingId, new Uint8Array([97, 255]));
  equal(resolved.heartbeat.intervalMs, 10_000);
});

Deno.test("resolveSocketOptions() refuses what makes no sense", () => {
  const wrong = [
    { limits: { peersMax: 0 } },
    { limits: { handshakeTimeoutMs: NaN } },
    { limits: { partsMax: 1.5 } },
    { limits: { reconnectDelayMinMs: 9_000 } },
    { heartbeat: { intervalMs: 0, timeoutMs: 1 } },
    { heartbeat: { intervalMs: 10, timeoutMs: 10 } },
    { routingId: "\0x" },
    { routingId: "x".repeat(256) },
    { routingId: "€" },
  ];
  for (const options of wrong) {
    throws(() => resolveSocketOptions({ security: NULL, ...options }), {
      name: "RangeError",
    });
  }
});
