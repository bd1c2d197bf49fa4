import assert from "node:assert/strict";
import type { TaskAssign, TaskOutcome } from "../messages/mod.ts";
import { NamespaceFanOut, placeOf, wholeTaskId } from "./namespace_fan_out.ts";
import type { Payload } from "./slot_state.ts";

const ASSIGN: TaskAssign = {
  type: "task_assign",
  id: "c-1-0",
  client: "c-1",
  work: { kind: "push" },
};

function outcome(id: string, change: Partial<TaskOutcome> = {}): TaskOutcome {
  return {
    type: "task_outcome",
    id,
    status: "ok",
    engineId: 0,
    startedMs: 10,
    completedMs: 20,
    outputs: 1,
    ...change,
  };
}

Deno.test("NamespaceFanOut cuts a task for all slots and joins the outcomes", () => {
  const sent: { outcome: TaskOutcome; payload: Payload }[] = [];
  const fan = new NamespaceFanOut({
    send: (outcome, payload) => void sent.push({ outcome, payload }),
  });
  // The slot between them is gone.
  assert.deepEqual(fan.cut(ASSIGN, [0, 1, 3]).map(({ id }) => id), [
    "c-1-0#0",
    "c-1-0#1",
    "c-1-0#3",
  ]);
  assert.deepEqual(fan.cut(ASSIGN, [0, 1, 3]), []);
  const value = [Uint8Array.of(7)];
  fan.outcome(outcome("c-1-0#3", { completedMs: 50 }), []);
  fan.outcome(outcome("c-1-0#0", { startedMs: 5 }), value);
  fan.outcome(outcome("c-1-0#0"), []);
  fan.outcome(outcome("c-1-0#2"), []);
  assert.equal(sent.length, 0);
  fan.outcome(outcome("c-1-0#1"), []);
  assert.deepEqual(sent, [{
    outcome: outcome("c-1-0", { startedMs: 5, completedMs: 50, outputs: 3 }),
    payload: value,
  }]);
  fan.outcome(outcome("c-1-0#1"), []);
  assert.equal(sent.length, 1);
});

Deno.test("NamespaceFanOut fails the whole when a part failed", () => {
  const sent: string[] = [];
  const fan = new NamespaceFanOut({
    send: ({ id, status }) => void sent.push(`${id} ${status}`),
  });
  fan.cut(ASSIGN, [0, 1]);
  assert.deepEqual(fan.parts("c-1-0"), ["c-1-0#0", "c-1-0#1"]);
  fan.outcome(outcome("c-1-0#0"), []);
  fan.outcome(outcome("c-1-0#1", { status: "engine_lost" }), []);
  fan.outcome(outcome("c-2-0"), []);
  assert.deepEqual(sent, ["c-1-0 engine_lost", "c-2-0 ok"]);
  assert.deepEqual(fan.parts("c-2-0"), ["c-2-0"]);
});

Deno.test("NamespaceFanOut says of the whole what most runs any part knows of", () => {
  const sent: (number | undefined)[] = [];
  const fan = new NamespaceFanOut({
    send: ({ attempts }) => void sent.push(attempts),
  });
  fan.cut(ASSIGN, [0, 1]);
  fan.outcome(outcome("c-1-0#0"), []);
  // Before it ended, others may have been given the task.
  fan.outcome(outcome("c-1-0#1", { attempts: 2 }), []);
  assert.deepEqual(sent, [2]);
});

Deno.test("placeOf sends what changes the namespace to every slot", () => {
  const place = (work: TaskAssign["work"]) => placeOf({ ...ASSIGN, work });
  assert.equal(place({ kind: "push" }), "everywhere");
  assert.equal(place({ kind: "clear", names: [] }), "everywhere");
  assert.equal(place({ kind: "reset" }), "everywhere");
  const cell = { kind: "execute", name: "x", language: "ts" } as const;
  assert.equal(place(cell), "everywhere");
  assert.equal(place({ kind: "pull", names: [] }), "first");
  assert.equal(place({ kind: "apply", function: "f" }), "anywhere");
  // A narrowed cell has a namespace of its own.
  const narrowed = { ...ASSIGN, work: cell, permissions: {} };
  assert.equal(placeOf(narrowed), "anywhere");
  assert.equal(wholeTaskId("a#1"), "a");
});
