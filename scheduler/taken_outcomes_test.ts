import assert from "node:assert/strict";
import { VirtualClock } from "../base/mod.ts";
import { Deadlines } from "./deadlines.ts";
import { EngineEntry } from "./entries.ts";
import { Bench } from "./scheduler_fixture_test.ts";
import {
  TAKEN_HELD_BYTES_MAX,
  TAKEN_HELD_MAX,
  TAKEN_TELL_MS,
  TakenOutcomes,
} from "./taken_outcomes.ts";

/** A scheduler with two engines; clients without a session take at once. */
function bench(): Bench {
  const bench = new Bench();
  bench.engine(0, 2);
  bench.engine(1, 2);
  return bench;
}

/** Runs a task to its end. */
function run(one: Bench, id: string, engine: number, bytes = 0): void {
  one.submit(id, [engine], "direct");
  assert.ok(one.finish(`e${engine}`, `${id}.0`, 0, [new Uint8Array(bytes)]));
}

/** Who was told to forget what, since last time. */
function told(one: Bench): string[] {
  return one.take("outcomes_taken").map(({ to, message }) =>
    `${to}: ${message.ids.join(" ")}`
  );
}

Deno.test("TakenOutcomes tells an engine with its next task, and before it", () => {
  const one = bench();
  run(one, "c-0", 0);
  run(one, "c-1", 1);
  assert.deepEqual(told(one), []);
  one.said = [];
  one.submit("c-2", [0], "direct");
  const types = one.said.map(({ to, message }) => `${to} ${message.type}`);
  assert.deepEqual(types, ["e0 outcomes_taken", "e0 task_assign"]);
  assert.deepEqual(told(one), ["e0: c-0.0"]);
  // Once: nothing is left of it.
  one.submit("c-3", [0], "direct");
  assert.deepEqual(told(one), []);
});

Deno.test("TakenOutcomes tells engines without a task after a while", () => {
  const one = bench();
  run(one, "c-0", 0);
  one.clock.advance(TAKEN_TELL_MS - 1);
  run(one, "c-1", 1);
  assert.deepEqual(told(one), []);
  one.clock.advance(1);
  assert.deepEqual(told(one), ["e0: c-0.0", "e1: c-1.0"]);
  assert.equal(one.clock.pending, 0);
  run(one, "c-2", 0);
  one.clock.advance(TAKEN_TELL_MS);
  assert.deepEqual(told(one), ["e0: c-2.0"]);
});

Deno.test("TakenOutcomes tells an engine at once of TAKEN_HELD_MAX outcomes", () => {
  const entry = new EngineEntry({
    ...{ engineId: 0, routingId: "e0", slots: 1, labels: {}, resources: {} },
  });
  entry.connected = true;
  const sizes: number[] = [];
  const taken = new TakenOutcomes({
    send: (_to, message) => {
      assert.ok(message.type === "outcomes_taken");
      sizes.push(message.ids.length);
    },
    engines: new Map([[0, entry]]),
    deadlines: new Deadlines(new VirtualClock()),
  });
  for (let n = 1; n < TAKEN_HELD_MAX; n++) taken.add(0, `c-${n}`, 0);
  assert.deepEqual(sizes, []);
  taken.add(0, "c-0", 0);
  assert.deepEqual(sizes, [TAKEN_HELD_MAX]);
});

Deno.test("TakenOutcomes tells an engine at once of TAKEN_HELD_BYTES_MAX bytes", () => {
  const one = bench();
  run(one, "c-0", 0, TAKEN_HELD_BYTES_MAX - 1);
  run(one, "c-1", 1, TAKEN_HELD_BYTES_MAX - 1);
  assert.deepEqual(told(one), []);
  run(one, "c-2", 1, TAKEN_HELD_BYTES_MAX);
  // What it had before went with the task.
  assert.deepEqual(told(one), ["e1: c-1.0", "e1: c-2.0"]);
});

Deno.test("TakenOutcomes says nothing to an engine that is away or gone", () => {
  const one = bench();
  run(one, "c-0", 0);
  run(one, "c-1", 1);
  one.state.engineDisconnected("e0");
  one.state.engineLeft(1, { reason: "killed" });
  one.clock.advance(TAKEN_TELL_MS);
  assert.deepEqual(told(one), []);
});
