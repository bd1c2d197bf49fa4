import assert from "node:assert/strict";
import { VirtualClock } from "../base/mod.ts";
import { Deadlines } from "./deadlines.ts";
import { EngineEntry } from "./entries.ts";
import { RecoveryState } from "./recovery_state.ts";
import { SCHEDULER_LIMITS } from "./scheduler_limits.ts";

function engine(engineId: number): EngineEntry {
  return new EngineEntry({
    engineId,
    routingId: `e${engineId}`,
    slots: 1,
    labels: {},
    resources: {},
  });
}

function bench() {
  const clock = new VirtualClock();
  const said: string[] = [];
  const done: string[] = [];
  const recovery = new RecoveryState({
    send: (to, message) => {
      const ids = "ids" in message ? message.ids?.join() ?? "" : "";
      said.push(`${to} ${message.type} ${ids}`);
    },
    deadlines: new Deadlines(clock),
    limits: SCHEDULER_LIMITS,
  });
  const later = (what: string): void =>
    recovery.defer(() => void done.push(what));
  return { clock, said, done, recovery, later };
}

const { settleMs, hubSettleMs, clientGraceMs } = SCHEDULER_LIMITS;

Deno.test("RecoveryState does not wait where nobody is awaited", () => {
  const { recovery } = bench();
  recovery.begin([], false);
  assert.equal(recovery.isSettling, false);
});

Deno.test("RecoveryState waits until all engines have reported, in order of asking", () => {
  const { recovery, done, later } = bench();
  recovery.begin(["e1", "e2"], false);
  later("first");
  later("second");
  recovery.reported("e2");
  recovery.reported("e2");
  recovery.reported("stranger");
  assert.equal(recovery.isSettling, true);
  assert.deepEqual(recovery.residue, { claims: 0, deferred: 2 });
  recovery.reported("e1");
  assert.equal(recovery.isSettling, false);
  assert.deepEqual(done, ["first", "second"]);
});

Deno.test("RecoveryState waits no longer than settleMs, or hubSettleMs", () => {
  for (
    const [isRestarted, waitMs] of [[false, settleMs], [
      true,
      hubSettleMs,
    ]] as const
  ) {
    const { recovery, done, later, clock } = bench();
    recovery.begin(["e1"], isRestarted);
    later("act");
    if (isRestarted) recovery.reported("e1");
    clock.advance(waitMs - 1);
    assert.deepEqual(done, []);
    clock.advance(1);
    assert.deepEqual(done, ["act"]);
    assert.equal(clock.pending, 0);
  }
});

Deno.test("RecoveryState counts an engine that left as one that has reported", () => {
  const { recovery } = bench();
  const one = engine(1);
  recovery.begin(["e1"], false);
  recovery.claim(one, ["t"]);
  recovery.engineLeft(one);
  assert.equal(recovery.isSettling, false);
  assert.equal(recovery.isClaimed("t"), false);
});

Deno.test("RecoveryState gives a claimed task to its engine, once", () => {
  const { recovery, said, clock } = bench();
  const one = engine(1);
  recovery.claim(one, ["t", "u"]);
  assert.equal(recovery.isClaimed("t"), true);
  assert.equal(recovery.take("t"), one);
  assert.equal(recovery.take("t"), undefined);
  // What nobody asks for in time is not wanted.
  clock.advance(clientGraceMs);
  assert.deepEqual(said, ["e1 outcomes_taken u", "e1 task_cancel u"]);
  assert.deepEqual(recovery.residue, { claims: 0, deferred: 0 });
});

Deno.test("RecoveryState believes neither of two engines that claim one task", () => {
  const { recovery, said, clock } = bench();
  recovery.claim(engine(1), ["t"]);
  recovery.claim(engine(2), ["t"]);
  assert.deepEqual(said, [
    "e1 outcomes_taken t",
    "e1 task_cancel t",
    "e2 outcomes_taken t",
    "e2 task_cancel t",
  ]);
  assert.equal(recovery.take("t"), undefined);
  clock.advance(clientGraceMs);
  assert.equal(said.length, 4);
});

Deno.test("RecoveryState lets an engine claim again what it has claimed", () => {
  const { recovery, said } = bench();
  const one = engine(1);
  recovery.claim(one, ["t"]);
  recovery.claim(one, ["t"]);
  assert.deepEqual(said, []);
  assert.equal(recovery.take("t"), one);
});
