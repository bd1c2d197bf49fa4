import assert from "node:assert/strict";
import { seededRandom, VirtualClock } from "../base/mod.ts";
import type { Message, TaskEvent, TaskEventAck } from "../messages/mod.ts";
import { SchedulerState } from "./scheduler_state.ts";

const EVENT: TaskEvent = {
  type: "task_event",
  id: "c-0",
  engineId: 77,
  kind: "item",
  index: 4,
};
const ACK: TaskEventAck = {
  type: "task_event_ack",
  id: "c-0",
  items: 5,
  events: 0,
};

/** Two engines, the task `c-0` on engine 0, and what is said from then on. */
function scripted() {
  const said: { to: string; message: Message; bytes: number }[] = [];
  const state = new SchedulerState({
    clock: new VirtualClock(),
    random: seededRandom(1),
    actions: {
      engineDrained: () => {},
      send: (to, message, payload = []) =>
        void said.push({ to, message, bytes: payload.length }),
    },
  });
  for (const id of [0, 1]) {
    state.engineJoined({
      engineId: id,
      routingId: `e${id}`,
      slots: 1,
      labels: {},
      resources: {},
    });
    assert.ok(state.engineReady(`e${id}`, 1, []));
  }
  const work = { kind: "execute", name: "n", language: "ts" } as const;
  state.taskRequest(
    "c",
    { type: "task_request", id: "c-0", mode: "balanced", targets: [0], work },
    [],
  );
  said.splice(0);
  return { state, said };
}

Deno.test("SchedulerState.taskEvent() passes on what the task's engine tells", () => {
  const { state, said } = scripted();
  state.taskEvent("e0", EVENT, [Uint8Array.of(1)]);
  // What an engine says of its own number is not believed.
  assert.deepEqual(said, [
    { to: "c", message: { ...EVENT, engineId: 0 }, bytes: 1 },
  ]);
});

Deno.test("SchedulerState.taskEvent() hears nobody else", () => {
  const { state, said } = scripted();
  state.taskEvent("e1", EVENT, []);
  state.taskEvent("stranger", EVENT, []);
  state.taskEvent("e0", { ...EVENT, id: "c-1" }, []);
  assert.deepEqual(said, []);
  state.clientGone("c");
  said.splice(0);
  state.taskEvent("e0", EVENT, []);
  assert.deepEqual(said, []);
});

Deno.test("SchedulerState.taskEventAck() goes to the engine of one's own task", () => {
  const { state, said } = scripted();
  state.taskEventAck("other", ACK);
  state.taskEventAck("c", { ...ACK, id: "c-1" });
  assert.deepEqual(said, []);
  state.taskEventAck("c", ACK);
  assert.deepEqual(said, [{ to: "e0", message: ACK, bytes: 0 }]);
});
