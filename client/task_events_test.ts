import assert from "node:assert/strict";
import { ConnectionError, LimitError } from "../base/mod.ts";
import {
  encodeValue,
  EVENTS_AHEAD_MAX,
  ITEMS_AHEAD_MAX,
  type TaskEvent,
  type TaskEventKind,
} from "../messages/mod.ts";
import {
  EVENT_BYTES_KEPT_MAX,
  EVENTS_KEPT_MAX,
  ITEM_BYTES_KEPT_MAX,
  ITEMS_KEPT_MAX,
  TaskEvents,
} from "./task_events.ts";

function event(kind: TaskEventKind, index: number): TaskEvent {
  return { type: "task_event", id: "t", engineId: 3, kind, index };
}

function scripted() {
  const said: string[] = [];
  const events = new TaskEvents("t", {
    acknowledge: (id, items, others) =>
      void said.push(`${id} ${items} ${others}`),
    cancel: (ids, reason) => void said.push(`cancel ${ids} ${reason}`),
  });
  let index = 0;
  const item = (value: unknown) =>
    events.addItem(event("item", index++), encodeValue(value));
  return { events, item, said: () => said.splice(0) };
}

Deno.test("TaskEvents counts items as consumed when they are taken", () => {
  const { events, item, said } = scripted();
  for (let i = 0; i < ITEMS_AHEAD_MAX; i++) assert.ok(item(i));
  assert.deepEqual(said(), []);
  for (let i = 0; i < ITEMS_AHEAD_MAX; i++) assert.equal(events.take(i), i);
  assert.deepEqual(said(), ["t 16 0", "t 32 0", "t 48 0", "t 64 0"]);
  // A second reader says nothing new.
  assert.equal(events.take(5), 5);
  assert.deepEqual(said(), []);
});

Deno.test("TaskEvents.keepAll() counts them when they arrive", () => {
  const { events, item, said } = scripted();
  item(1);
  events.keepAll();
  assert.deepEqual(said(), ["t 1 0"]);
  item(2);
  assert.deepEqual(said(), ["t 2 0"]);
  assert.deepEqual(events.all(), [1, 2]);
});

Deno.test("TaskEvents forgets what was iterated, beyond a limit", () => {
  const { events, item } = scripted();
  for (let i = 0; i <= ITEMS_KEPT_MAX; i++) {
    item(i);
    events.take(i);
  }
  assert.throws(() => events.all(), LimitError);
  assert.throws(() => events.take(0), LimitError);
  const kept = scripted();
  kept.events.keepAll();
  for (let i = 0; i <= ITEMS_KEPT_MAX; i++) kept.item(i);
  assert.equal(kept.events.all().length, ITEMS_KEPT_MAX + 1);
});

Deno.test("TaskEvents takes each item once, and knows of lost ones", () => {
  const { events, said } = scripted();
  assert.ok(events.addItem(event("item", 0), encodeValue("a")));
  assert.equal(events.addItem(event("item", 0), encodeValue("a")), false);
  assert.deepEqual(said(), ["t 0 0"]);
  assert.equal(events.addItem(event("item", 2), encodeValue("c")), false);
  assert.match(said().join(), /^cancel t .*items from 1 to 2 were lost/);
  assert.ok(events.problem instanceof ConnectionError);
  const short = scripted();
  short.item(1);
  short.events.ended(2, undefined);
  assert.ok(short.events.problem instanceof ConnectionError);
});

Deno.test("TaskEvents gives up at an item that cannot be read", () => {
  const { events, said } = scripted();
  events.addItem(event("item", 0), [Uint8Array.of(1, 2)]);
  assert.match(said().join(), /^cancel t Cannot read value/);
  assert.throws(() => events.take(0), /Cannot read value/);
  assert.throws(() => events.all(), /Cannot read value/);
});

Deno.test("TaskEvents keeps displays, data and the latest progress", () => {
  const { events } = scripted();
  const add = (kind: TaskEventKind, index: number, value: unknown) =>
    events.addEvent(event(kind, index), encodeValue(value));
  const bundle = { "text/plain": "x" };
  assert.deepEqual(add("display", 0, bundle), [
    { taskId: "t", engineId: 3, type: "display", data: bundle },
  ]);
  add("progress", 1, { done: 1, total: 2 });
  add("progress", 2, { done: 2, total: 2 });
  add("publish", 3, "data");
  assert.deepEqual(events.outputs.map(({ data }) => data), [bundle]);
  assert.deepEqual(events.data, ["data"]);
  assert.deepEqual(events.progress, { done: 2, total: 2 });
  // A task that runs again tells the same again.
  assert.deepEqual(add("publish", 3, "data"), []);
  assert.equal(events.dropped, 0);
});

Deno.test("TaskEvents counts what was dropped there and here", () => {
  const { events, said } = scripted();
  const add = (index: number, value: unknown = index) =>
    events.addEvent(event("publish", index), encodeValue(value));
  assert.deepEqual(add(2).map(({ type }) => type), ["dropped", "publish"]);
  assert.equal(events.dropped, 2);
  events.addEvent(event("display", 3), encodeValue("no bundle"));
  events.addEvent(event("progress", 4), encodeValue("none"));
  events.addEvent(event("publish", 5), [Uint8Array.of(1)]);
  assert.equal(events.dropped, 5);
  for (let i = 6; i < EVENTS_KEPT_MAX + 15; i++) add(i);
  assert.equal(events.data.length, EVENTS_KEPT_MAX);
  assert.equal(events.dropped, 15);
  events.ended(undefined, EVENTS_KEPT_MAX + 20);
  assert.equal(events.dropped, 20);
  assert.ok(said().length < EVENTS_KEPT_MAX / EVENTS_AHEAD_MAX * 4 + 4);
});

Deno.test("TaskEvents keeps a limited number of bytes", () => {
  const { events } = scripted();
  const large = encodeValue(new Uint8Array(16 << 20));
  const fitting = EVENT_BYTES_KEPT_MAX / (16 << 20) - 1;
  for (let i = 0; i < fitting + 2; i++) {
    events.addEvent(event("publish", i), large);
  }
  assert.equal(events.data.length, fitting);
  assert.equal(events.dropped, 2);
  const items = scripted().events;
  for (let i = 0; i <= ITEM_BYTES_KEPT_MAX / (16 << 20); i++) {
    items.addItem(event("item", i), large);
    items.take(i);
  }
  assert.throws(() => items.all(), LimitError);
});
