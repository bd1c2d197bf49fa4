import assert from "node:assert/strict";
import {
  heartbeatPaceMs,
  HEARTBEATS_PER_SECOND_MAX,
  lossReason,
} from "./heartbeat_pace.ts";
import { HUB_TIMES } from "./hub_times.ts";
import { newMember } from "./member.ts";

const USUAL_MS = HUB_TIMES.heartbeatIntervalMs;

Deno.test("heartbeatPaceMs() keeps the heartbeats of all within the limit", () => {
  for (const engines of [0, 1, 1_500, 1_501, 10_000, 65_536]) {
    const paceMs = heartbeatPaceMs(engines, USUAL_MS);
    assert.ok(engines * 1000 / paceMs <= HEARTBEATS_PER_SECOND_MAX);
    if (paceMs === USUAL_MS) continue;
    assert.ok(engines * 2000 / paceMs > HEARTBEATS_PER_SECOND_MAX);
  }
  assert.equal(heartbeatPaceMs(1_500, USUAL_MS), USUAL_MS);
});

Deno.test("lossReason() is patient with those who were told to be slow", () => {
  const member = newMember("e", { host: "h", pid: 1 }, 0);
  const lateMs = HUB_TIMES.heartbeatTimeoutMs;
  assert.equal(lossReason(member, lateMs - 1, HUB_TIMES), undefined);
  assert.match(lossReason(member, lateMs, HUB_TIMES) ?? "", /12\.0 s/);
  member.paceMs = 4 * USUAL_MS;
  assert.equal(lossReason(member, 4 * lateMs - 1, HUB_TIMES), undefined);
  assert.match(lossReason(member, 4 * lateMs, HUB_TIMES) ?? "", /48\.0 s/);
});

Deno.test("lossReason() does not wait for one whose connection broke", () => {
  const member = newMember("e", { host: "h", pid: 1 }, 0);
  member.paceMs = 8 * USUAL_MS;
  member.brokenMs = 10;
  const graceMs = HUB_TIMES.engineGraceMs;
  assert.equal(lossReason(member, 9 + graceMs, HUB_TIMES), undefined);
  assert.match(lossReason(member, 10 + graceMs, HUB_TIMES) ?? "", /broke/);
});
