import assert from "node:assert/strict";
import {
  type RespawnCase,
  respawnDecision,
  respawnDelayMs,
} from "./respawn_policy.ts";

const BOUNDS = {
  respawnDelayMinMs: 50,
  respawnDelayMaxMs: 500,
  respawnsMax: 3,
  respawnWindowMs: 1_000,
};
const CASE: RespawnCase = {
  policy: "always",
  end: { reason: "", exitCode: 1 },
  endsInRow: 1,
  respawnsMs: [],
  nowMs: 5_000,
};

Deno.test("respawnDelayMs() waits not at all, then ever longer, to a limit", () => {
  const delays = [1, 2, 3, 4, 5, 6, 7, 1e9].map((ends) =>
    respawnDelayMs(ends, BOUNDS)
  );
  assert.deepEqual(delays, [0, 50, 100, 200, 400, 500, 500, 500]);
});

Deno.test("respawnDecision() obeys its policy", () => {
  const ends = [{ exitCode: 0 }, { exitCode: 1 }, { signal: "SIGKILL" }, {}];
  const table = { always: "1111", "on-failure": "0111", never: "0000" };
  for (const policy of ["always", "on-failure", "never"] as const) {
    const decided = ends.map((end) => {
      const case_ = { ...CASE, policy, end: { reason: "", ...end } };
      return "delayMs" in respawnDecision(case_, BOUNDS) ? "1" : "0";
    });
    assert.equal(decided.join(""), table[policy], policy);
  }
});

Deno.test("respawnDecision() waits when a slot was started too often", () => {
  const delay = (respawnsMs: number[], endsInRow = 1) =>
    respawnDecision({ ...CASE, respawnsMs, endsInRow }, BOUNDS);
  assert.deepEqual(delay([4_900, 4_950]), { delayMs: 0, isHeldBack: false });
  assert.deepEqual(delay([4_200, 4_900, 4_950]), {
    delayMs: 200,
    isHeldBack: true,
  });
  assert.deepEqual(delay([1, 2, 3]), { delayMs: 0, isHeldBack: false });
  assert.deepEqual(delay([4_200, 4_900, 4_950], 5), {
    delayMs: 400,
    isHeldBack: false,
  });
});
