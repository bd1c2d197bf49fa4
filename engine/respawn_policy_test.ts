import assert from "node:assert/strict";
import { respawnDelayMs } from "./respawn_policy.ts";

Deno.test("respawnDelayMs doubles up to its bound", () => {
  const bounds = { respawnDelayMinMs: 50, respawnDelayMaxMs: 300 };
  assert.deepEqual(
    [1, 2, 3, 4, 5, 1e6].map((count) => respawnDelayMs(count, bounds)),
    [0, 50, 100, 200, 300, 300],
  );
});
