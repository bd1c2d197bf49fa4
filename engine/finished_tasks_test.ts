import assert from "node:assert/strict";
import type { TaskOutcome } from "../messages/mod.ts";
import { FinishedTasks } from "./finished_tasks.ts";

function ok(id: string): TaskOutcome {
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

Deno.test("FinishedTasks forgets the oldest above its number", () => {
  const tasks = new FinishedTasks({
    finishedTasksMax: 2,
    finishedBytesMax: 100,
  });
  for (const id of ["a", "b", "b", "c"]) tasks.add(ok(id), []);
  assert.equal(tasks.get("a"), undefined);
  assert.equal(tasks.get("c")?.outcome.id, "c");
  assert.deepEqual([...tasks.all()].map(({ outcome }) => outcome.id), [
    "b",
    "c",
  ]);
});

Deno.test("FinishedTasks forgets the oldest above its bytes", () => {
  const tasks = new FinishedTasks({
    finishedTasksMax: 10,
    finishedBytesMax: 100,
  });
  for (const id of ["a", "b", "c", "d", "e"]) {
    tasks.add(ok(id), [new Uint8Array(20), new Uint8Array(5)]);
  }
  assert.equal(tasks.size, 4);
  assert.equal(tasks.get("a"), undefined);
  tasks.add(ok("huge"), [new Uint8Array(26)]);
  assert.equal(tasks.get("huge"), undefined);
  assert.equal(tasks.size, 4);
});
