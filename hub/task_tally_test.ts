import assert from "node:assert/strict";
import { DURATION_BOUNDS, type TaskRecord } from "../messages/mod.ts";
import { TaskTally } from "./task_tally.ts";

function ended(
  status: TaskRecord["status"],
  startedMs?: number,
  completedMs?: number,
): TaskRecord {
  return {
    ...{ id: "t", client: "c", owner: "o", label: undefined, tags: [] },
    ...{ mode: "direct", kind: "apply", function: undefined, targets: [] },
    ...{ status, engineId: 1, engineHost: "h", submittedMs: 1_000 },
    ...{ startedMs, completedMs, receivedMs: 9_000, attempts: 1 },
    ...{ detached: false, reason: undefined, error: undefined },
    ...{ stdout: "", stderr: "", outputDropped: 0 },
    ...{ requestBytes: 0, resultBytes: 0 },
    ...{ requestKept: "none", resultKept: "none" },
  };
}

Deno.test("TaskTally counts ends by status, and durations by the least bound that holds them", () => {
  const tally = new TaskTally();
  tally.add(ended("ok", 1_001, 1_002));
  tally.add(ended("ok", 1_030, 1_000 + 3_601_030));
  tally.add(ended("error", 900, 900.5));
  tally.add(ended("cancelled"));
  tally.add(ended("running", 1_001));
  const { ended: counts, waited, ran } = tally.figures;
  assert.deepEqual(counts, { ok: 2, error: 1, cancelled: 1 });
  const at = (seconds: number): number => DURATION_BOUNDS.indexOf(seconds);
  // Exactly a bound is within it; a clock that is behind counts as no wait.
  assert.equal(waited.counts[at(0.001)], 2);
  assert.equal(waited.counts[at(0.05)], 1);
  assert.ok(Math.abs(waited.sum - 0.031) < 1e-9, String(waited.sum));
  assert.equal(ran.counts[at(0.001)], 2);
  assert.equal(ran.counts.at(-1), 1, "above the last bound");
  assert.equal(ran.counts.length, DURATION_BOUNDS.length + 1);
});
