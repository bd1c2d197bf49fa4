import assert from "node:assert/strict";
import {
  EVENT_BYTES_AHEAD_MAX,
  EVENTS_AHEAD_MAX,
  type TaskEvent,
  type TaskOutcome,
} from "../messages/mod.ts";
import { EventRelay } from "./event_relay.ts";

const SMALL = [new Uint8Array(1)];

function scripted() {
  const sent: TaskEvent[] = [];
  const relay = new EventRelay((event) => void sent.push(event));
  const told = (): string[] =>
    sent.splice(0).map(({ id, kind, index }) => `${id} ${kind} ${index}`);
  return { relay, told };
}

function outcome(id: string): TaskOutcome {
  return {
    type: "task_outcome",
    id,
    status: "ok",
    engineId: 0,
    startedMs: 0,
    completedMs: 0,
    outputs: 0,
  };
}

function item(index: number): TaskEvent {
  return { type: "task_event", id: "a", engineId: 0, kind: "item", index };
}

Deno.test("EventRelay numbers the events of each task", () => {
  const { relay, told } = scripted();
  relay.tell("a", "display", SMALL);
  relay.tell("b", "publish", SMALL);
  relay.tell("a", "progress", SMALL);
  assert.deepEqual(told(), ["a display 0", "b publish 0", "a progress 1"]);
  assert.equal(relay.ended(outcome("a")).events, 2);
  const silent = outcome("c");
  assert.equal(relay.ended(silent), silent);
  assert.equal(relay.size, 1);
});

Deno.test("EventRelay drops what is too much, and leaves a gap", () => {
  const { relay, told } = scripted();
  for (let i = 0; i < EVENTS_AHEAD_MAX + 3; i++) {
    relay.tell("a", "publish", SMALL);
  }
  assert.equal(told().length, EVENTS_AHEAD_MAX);
  relay.acknowledged("a", 0, 1);
  relay.tell("a", "publish", SMALL);
  assert.deepEqual(told(), [`a publish ${EVENTS_AHEAD_MAX + 3}`]);
  assert.equal(relay.ended(outcome("a")).events, EVENTS_AHEAD_MAX + 4);
});

Deno.test("EventRelay drops what has too many bytes", () => {
  const { relay, told } = scripted();
  const half = [new Uint8Array(EVENT_BYTES_AHEAD_MAX / 2)];
  for (let i = 0; i < 3; i++) relay.tell("a", "display", half);
  assert.deepEqual(told(), ["a display 0", "a display 1"]);
  relay.acknowledged("a", 0, 2);
  relay.tell("a", "display", half);
  assert.deepEqual(told(), ["a display 3"]);
});

Deno.test("EventRelay keeps the latest progress until there is room", () => {
  const { relay, told } = scripted();
  for (let i = 0; i < EVENTS_AHEAD_MAX; i++) relay.tell("a", "publish", SMALL);
  told();
  relay.tell("a", "progress", SMALL);
  relay.tell("a", "progress", SMALL);
  assert.deepEqual(told(), []);
  relay.acknowledged("a", 0, 5);
  assert.deepEqual(told(), [`a progress ${EVENTS_AHEAD_MAX}`]);
  const full = scripted();
  for (let i = 0; i < EVENTS_AHEAD_MAX; i++) {
    full.relay.tell("a", "publish", SMALL);
  }
  full.told();
  full.relay.tell("a", "progress", SMALL);
  assert.equal(
    full.relay.ended(outcome("a")).events,
    EVENTS_AHEAD_MAX + 1,
  );
  assert.deepEqual(full.told(), [`a progress ${EVENTS_AHEAD_MAX}`]);
});

Deno.test("EventRelay sends unconsumed items again on a new connection", () => {
  const { relay, told } = scripted();
  for (let index = 0; index < 3; index++) relay.item(item(index), SMALL);
  relay.acknowledged("a", 1, 0);
  assert.deepEqual(told(), ["a item 0", "a item 1", "a item 2"]);
  relay.reconnected();
  assert.deepEqual(told(), ["a item 1", "a item 2"]);
  relay.ended(outcome("a"));
  relay.reconnected();
  relay.acknowledged("a", 3, 0);
  assert.deepEqual(told(), []);
});
