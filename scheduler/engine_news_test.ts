import assert from "node:assert/strict";
import { SCHEDULER_LIMITS } from "./scheduler_limits.ts";
import { Bench } from "./scheduler_fixture_test.ts";

function fates(bench: Bench): string[] {
  return bench.take("task_outcome")
    .map(({ message }) => `${message.id} ${message.status}`);
}

Deno.test("SchedulerState lets requests wait for engines that their client knows already", () => {
  const bench = new Bench();
  bench.engine(0);
  bench.submit("c-1", [0, 1], "direct");
  // What follows keeps its place, others do not wait.
  bench.submit("c-2", [0], "direct");
  bench.submit("d-1", [0], "direct");
  assert.deepEqual(bench.assigned(), ["d-1.0>e0"]);
  bench.engine(1);
  assert.deepEqual(bench.assigned(), ["c-1.0>e0", "c-2.0>e0", "c-1.1>e1"]);
  assert.deepEqual(fates(bench), []);
});

Deno.test("SchedulerState refuses requests for engines that do not come, and for those that have left", () => {
  const bench = new Bench();
  bench.engine(0);
  bench.engine(1);
  bench.state.engineLeft(1, { reason: "it ended" });
  bench.submit("c-1", [1], "direct");
  assert.deepEqual(fates(bench), ["c-1.0 engine_lost"]);
  bench.submit("c-2", [2], "direct");
  bench.clock.advance(SCHEDULER_LIMITS.engineNewsMs - 1);
  assert.deepEqual(fates(bench), []);
  bench.clock.advance(1);
  assert.deepEqual(fates(bench), ["c-2.0 engine_lost"]);
  assert.equal(bench.state.residue.waits, 0);
});

Deno.test("SchedulerState cancels what waits for news of an engine, in its turn", () => {
  const bench = new Bench();
  bench.engine(0);
  bench.submit("c-1", [1], "direct");
  bench.submit("c-2", [0], "direct");
  bench.state.taskCancel("c", ["c-2.0"], "enough");
  bench.clock.advance(SCHEDULER_LIMITS.engineNewsMs);
  assert.deepEqual(fates(bench), ["c-1.0 engine_lost"]);
  assert.deepEqual(bench.assigned(), ["c-2.0>e0"]);
  assert.equal(bench.take("task_cancel").length, 1);
});

Deno.test("SchedulerState lets no more than some requests wait for news of engines", () => {
  const bench = new Bench({ limits: { unheardRequestsMax: 2 } });
  bench.engine(0);
  for (const id of ["c-1", "c-2", "d-1"]) bench.submit(id, [5], "direct");
  assert.deepEqual(fates(bench), ["d-1.0 engine_lost"]);
});

Deno.test("SchedulerState forgets what waits of a client that is gone", () => {
  const bench = new Bench();
  bench.engine(0);
  bench.submit("c-1", [1], "direct");
  bench.state.clientGone("c");
  bench.engine(1);
  assert.deepEqual(bench.assigned(), []);
});
