import assert from "node:assert/strict";
import { decodeValue, TASK_EVENT_BYTES_MAX } from "../messages/mod.ts";
import { decodeEventRecord } from "./event_record.ts";
import { UserEvents } from "./user_events.ts";

function scripted(isOpen = true) {
  const told: unknown[] = [];
  let isRunning = true;
  const events = new UserEvents({
    write: (bytes) => {
      const event = decodeEventRecord(bytes);
      if (isOpen && event) told.push([event.kind, decodeValue(event.payload)]);
      return isOpen;
    },
    isRunning: () => isRunning,
  });
  return { events, told, leave: () => isRunning = false };
}

Deno.test("UserEvents.display() makes a MIME bundle of anything", async () => {
  const { events, told } = scripted();
  events.display("text");
  events.display(5);
  events.display({ "text/html": "<b>", "application/json": { a: 1 } });
  events.display({ "text/html": 1, other: 2 });
  events.display({});
  events.display({ [Symbol.for("Jupyter.display")]: () => ({ "a/b": "x" }) });
  await events.display({
    [Symbol.for("Jupyter.display")]: () => Promise.resolve({ "a/c": "y" }),
  });
  assert.deepEqual(told, [
    ["display", { "text/plain": "text" }],
    ["display", { "text/plain": "5" }],
    ["display", { "text/html": "<b>", "application/json": { a: 1 } }],
    ["display", { "text/plain": '{ "text/html": 1, other: 2 }' }],
    ["display", { "text/plain": "{}" }],
    ["display", { "a/b": "x" }],
    ["display", { "a/c": "y" }],
  ]);
  assert.throws(
    () => events.display({ [Symbol.for("Jupyter.display")]: () => 5 }),
    /gave no MIME bundle/,
  );
});

Deno.test("UserEvents.progress() tells the first and the latest", () => {
  const { events, told } = scripted();
  for (let i = 1; i <= 100; i++) events.progress(i, 100, `step ${i}`);
  assert.deepEqual(told[0], [
    "progress",
    { done: 1, total: 100, message: "step 1" },
  ]);
  events.taskEnded();
  assert.deepEqual(told.at(-1), [
    "progress",
    { done: 100, total: 100, message: "step 100" },
  ]);
  const count = told.length;
  events.taskEnded();
  assert.equal(told.length, count);
  assert.throws(() => events.progress(NaN, 1), RangeError);
});

Deno.test("UserEvents refuses what cannot cross, or is too large", () => {
  const { events, told } = scripted();
  assert.throws(
    () => events.publish({ f: () => 1 }),
    /publish\.f: functions cannot be sent/,
  );
  assert.throws(
    () => events.publish(new Uint8Array(TASK_EVENT_BYTES_MAX)),
    /Cannot publish \d+ bytes: at most/,
  );
  assert.deepEqual(told, []);
  const { events: closed } = scripted(false);
  assert.throws(() => closed.publish(1), /standard output has been closed/);
});

Deno.test("UserEvents tells nobody when no task runs", () => {
  const { events, told, leave } = scripted();
  leave();
  events.display(1);
  events.publish(2);
  events.progress(3, 3);
  events.taskEnded();
  assert.deepEqual(told, []);
});
