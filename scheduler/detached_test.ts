import assert from "node:assert/strict";
import { seededRandom, VirtualClock } from "../base/mod.ts";
import type { Message, TaskRequest } from "../messages/mod.ts";
import { outcome } from "./scheduler_fixture_test.ts";
import { SchedulerState } from "./scheduler_state.ts";
import { TAKEN_TELL_MS } from "./taken_outcomes.ts";

const ENGINE = {
  ...{ engineId: 1, routingId: "e", slots: 1 },
  ...{ labels: {}, resources: {} },
};

function requestOf(id: string, detached: boolean): TaskRequest {
  return {
    type: "task_request",
    id,
    mode: "balanced",
    targets: [],
    work: { kind: "pull", names: ["x"] },
    ...(detached ? { terms: { detached } } : {}),
  };
}

Deno.test("SchedulerState lets detached tasks go on alone, and tells only the observer", () => {
  const sent: { to: string; message: Message }[] = [];
  const ends = new Map<string, string>();
  const clock = new VirtualClock();
  const state = new SchedulerState({
    actions: {
      send: (to, message) => void sent.push({ to, message }),
      engineDrained() {},
    },
    clock,
    random: seededRandom(1),
    hwm: 1,
    observer: {
      submitted() {},
      assigned() {},
      ended: ({ id }, { status }) => void ends.set(id, status),
    },
  });
  state.engineJoined(ENGINE);
  state.engineReady("e", 1, []);
  const ids = ["c-0", "c-1", "c-2", "c-3"];
  for (const [index, id] of ids.entries()) {
    state.taskRequest("c", requestOf(id, index % 2 === 0), []);
  }
  state.clientGone("c");
  // Those that nobody waits for have ended; the detached ones run on.
  assert.deepEqual([...ends], [["c-1", "cancelled"], ["c-3", "cancelled"]]);
  sent.length = 0;
  assert.ok(state.taskOutcome("e", outcome("c-0", "ok", 1), []));
  assert.ok(state.taskOutcome("e", outcome("c-2", "ok", 1), []));
  assert.deepEqual([ends.get("c-0"), ends.get("c-2")], ["ok", "ok"]);
  assert.ok(sent.every(({ to }) => to === "e"));
  assert.deepEqual(state.counts, { running: 0, queued: 0, finished: 4 });
  clock.advance(TAKEN_TELL_MS);
  assert.deepEqual(state.residue, {
    placements: 0,
    waits: 0,
    claims: 0,
    deferred: 0,
  });
});

Deno.test("SchedulerState counts what waits for each engine, runs and ended", () => {
  const state = new SchedulerState({
    actions: { send() {}, engineDrained() {} },
    clock: new VirtualClock(),
    random: seededRandom(1),
    hwm: 1,
  });
  state.engineJoined(ENGINE);
  for (const id of ["c-0", "c-1"]) {
    const direct = { ...requestOf(id, false), mode: "direct" } as const;
    state.taskRequest("c", { ...direct, targets: [1] }, []);
  }
  const queued = { engineId: 1, queued: 2, running: 0, finished: 0 };
  assert.deepEqual(state.engineQueues, [queued]);
  state.engineReady("e", 1, []);
  assert.deepEqual(state.engineQueues, [{ ...queued, queued: 0, running: 2 }]);
  state.taskOutcome("e", outcome("c-0.0", "ok", 1), []);
  assert.deepEqual(state.engineQueues, [
    { ...queued, queued: 0, running: 1, finished: 1 },
  ]);
});
