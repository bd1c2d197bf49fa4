import assert from "node:assert/strict";
import { LimitTally, silentLogger } from "../base/mod.ts";
import { EVENT_BYTES_AHEAD_MAX, EVENTS_AHEAD_MAX } from "../messages/mod.ts";
import type { EngineEffects } from "./engine_effects.ts";
import { resolveEngineLimits } from "./engine_limits.ts";
import { EngineState } from "./engine_state.ts";
import { assign, ok, SOURCE } from "./engine_state_fixture_test.ts";
import { EventRelay } from "./event_relay.ts";
import { FinishedTasks } from "./finished_tasks.ts";
import { OutputRelay } from "./output_relay.ts";

/** Nothing is carried out. */
const EFFECTS: EngineEffects = {
  sendSource: () => true,
  assignTask: () => {},
  assignApart: () => {},
  endSlot: () => {},
  slotGone: () => {},
  stopTask: () => {},
  sendOutcome: () => {},
  requestSource: () => {},
  outcomeDropped: () => {},
  announce: () => {},
  startSlot: () => {},
  slotsReady: () => {},
  endEngine: () => {},
};

Deno.test("EngineState counts refused tasks, forgotten sources and starts that wait", () => {
  const tally = new LimitTally();
  const state = new EngineState({
    slots: 1,
    respawn: "always",
    limits: resolveEngineLimits({
      tasksMax: 2,
      sourceBytesMax: SOURCE.byteLength,
      respawnsMax: 1,
    }),
    clock: { now: () => 7 },
    effects: EFFECTS,
    tally,
  });
  state.sourceArrived("f", SOURCE);
  state.slotReady(0);
  for (const id of ["a", "b"]) state.taskAssigned(assign(id), []);
  assert.equal(tally.counts, undefined);
  state.taskAssigned(assign("c"), []);
  assert.deepEqual(tally.counts, { tasksMax: 1 });
  state.sourceArrived("g", SOURCE);
  assert.deepEqual(tally.counts, { tasksMax: 1, sourceBytesMax: 1 });
  state.slotEnded(0, { reason: "x" });
  state.slotReady(0);
  assert.equal(tally.counts?.["respawnsMax"], undefined);
  state.slotEnded(0, { reason: "x" });
  assert.equal(tally.counts?.["respawnsMax"], 1);
});

Deno.test("FinishedTasks counts outcomes that it forgets or does not take", () => {
  const tally = new LimitTally();
  const bounds = { finishedTasksMax: 2, finishedBytesMax: 100 };
  const tasks = new FinishedTasks(bounds, tally);
  for (const id of ["a", "b", "c"]) tasks.add(ok(id), []);
  tasks.add(ok("d"), [new Uint8Array(26)]);
  assert.deepEqual(tally.counts, { finishedTasksMax: 1, finishedBytesMax: 1 });
});

Deno.test("EventRelay and OutputRelay count what they drop", () => {
  const tally = new LimitTally();
  const events = new EventRelay(() => {}, tally);
  for (let index = 0; index < EVENTS_AHEAD_MAX + 3; index++) {
    events.tell("a", "publish", []);
  }
  const large = [new Uint8Array(EVENT_BYTES_AHEAD_MAX)];
  events.tell("b", "publish", large);
  events.tell("b", "publish", large);
  const output = new OutputRelay({
    send: () => true,
    waiting: () => 1,
    engineId: () => 0,
    outputLengthMax: 100,
    log: silentLogger,
    tally,
  });
  assert.ok(output.send(assign("a"), "stdout", "x", 0));
  assert.equal(output.send(assign("a"), "stdout", "x", 0), false);
  assert.deepEqual(tally.counts, {
    EVENTS_AHEAD_MAX: 3,
    EVENT_BYTES_AHEAD_MAX: 1,
    outputLengthMax: 1,
  });
});
