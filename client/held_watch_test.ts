import assert from "node:assert/strict";
import { VirtualClock } from "../base/mod.ts";
import { encodeValue } from "../messages/mod.ts";
import { HeldWatch } from "./held_watch.ts";
import { outcomeOf } from "./run_fixture_test.ts";
import { TaskRun } from "./task_run.ts";
import { TaskTable } from "./task_table.ts";

Deno.test("HeldWatch lets an outcome go whose output does not come, and then has no timer", () => {
  const clock = new VirtualClock();
  const tasks = new TaskTable();
  const watch = new HeldWatch(tasks, clock);
  watch.look();
  assert.equal(clock.pending, 0);
  const run = new TaskRun("t", clock.now());
  tasks.add(run);
  tasks.outcome(outcomeOf("t", { outputs: 1 }), encodeValue(7), clock.now());
  watch.look();
  clock.advance(1_999);
  assert.equal(run.done, false);
  assert.equal(clock.pending, 1);
  clock.advance(1);
  assert.equal(run.value, 7);
  assert.equal(clock.pending, 0);
});

Deno.test("HeldWatch gives its timer up when nothing is held any more", () => {
  const clock = new VirtualClock();
  const tasks = new TaskTable();
  const watch = new HeldWatch(tasks, clock);
  const run = new TaskRun("t", clock.now());
  tasks.add(run);
  tasks.outcome(outcomeOf("t", { outputs: 1 }), encodeValue(7), clock.now());
  watch.look();
  tasks.output({
    ...{ type: "output", client: "c", taskId: "t", engineId: 3 } as const,
    ...{ stream: "stdout", text: "a", dropped: 0 } as const,
  }, clock.now());
  assert.equal(run.done, true);
  watch.look();
  assert.equal(clock.pending, 0);
});
