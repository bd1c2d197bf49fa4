import assert from "node:assert/strict";
import { SCHEDULER_LIMITS } from "./scheduler_limits.ts";
import { Bench, request, SOURCE } from "./scheduler_fixture_test.ts";
import { DEPENDENCIES_MAX } from "./task_request_policy.ts";

Deno.test("SchedulerState places balanced tasks on the least loaded engines", () => {
  const bench = new Bench({ hwm: 2 });
  bench.engine(0);
  bench.engine(1);
  for (let i = 0; i < 5; i++) bench.submit(`c-${i}`);
  assert.deepEqual(bench.assigned(), [
    "c-0>e0",
    "c-1>e1",
    "c-2>e0",
    "c-3>e1",
  ]);
  bench.finish("e1", "c-1");
  assert.deepEqual(bench.assigned(), ["c-4>e1"]);
  assert.deepEqual(bench.state.counts, { running: 4, queued: 0, finished: 1 });
});

Deno.test("SchedulerState counts slots when it compares loads", () => {
  const bench = new Bench({ hwm: 1 });
  bench.engine(0, 1);
  bench.engine(1, 3);
  for (let i = 0; i < 5; i++) bench.submit(`c-${i}`);
  assert.deepEqual(bench.assigned().map((text) => text.slice(4)).sort(), [
    "e0",
    "e1",
    "e1",
    "e1",
  ]);
});

Deno.test("SchedulerState sends short tasks ahead and long ones one by one", () => {
  for (const [ms, depth] of [[0.05, 41], [1, 3], [500, 1]] as const) {
    const bench = new Bench();
    bench.engine(0);
    for (let i = 0; i < 100; i++) bench.submit(`c-${i}`);
    assert.equal(bench.assigned().length, 1);
    bench.finish("e0", "c-0", ms);
    assert.ok(Math.abs(bench.assigned().length - depth) <= 1);
  }
});

Deno.test("SchedulerState sends a function's source once to each engine", () => {
  const bench = new Bench({ hwm: 0 });
  bench.engine(0);
  bench.engine(1);
  for (let i = 0; i < 4; i++) bench.submit(`c-${i}`);
  assert.deepEqual(bench.take("function_source").map(({ to }) => to), [
    "e0",
    "e1",
  ]);
});

Deno.test("SchedulerState holds tasks until their function's source is here", () => {
  const bench = new Bench({ hwm: 0 });
  bench.engine(0);
  const work = { kind: "apply", function: "other" } as const;
  const asked = [["c-0", []], ["c-1", [0]], ["c-2", []]] as const;
  for (const [id, targets] of asked) {
    const message = { ...request(id, targets, "balanced"), work };
    bench.state.taskRequest("c", message, []);
  }
  const direct = { ...request("c-3", [0], "direct"), work };
  bench.state.taskRequest("c", direct, []);
  bench.state.taskCancel("c", ["c-2"], "no");
  assert.deepEqual(bench.take("function_missing").map(({ to }) => to), ["c"]);
  bench.state.engineReady("e0", 1, []);
  assert.deepEqual(bench.assigned(), []);
  bench.state.functionSource(
    { type: "function_source", hash: "other" },
    SOURCE,
  );
  assert.deepEqual(bench.assigned(), ["c-0>e0", "c-1>e0", "c-3.0>e0"]);
  assert.deepEqual(bench.outcomes(), ["c-2:cancelled"]);
});

Deno.test("SchedulerState runs a direct request once on each target", () => {
  const bench = new Bench();
  for (const id of [0, 1, 2]) bench.engine(id);
  bench.submit("c-0", [2, 0], "direct");
  assert.deepEqual(bench.assigned(), ["c-0.0>e2", "c-0.1>e0"]);
  bench.finish("e2", "c-0.0");
  const [first] = bench.take("task_outcome");
  // What an engine says of its own number is not believed.
  assert.equal(first?.message.engineId, 2);
});

Deno.test("SchedulerState keeps to the targets of a balanced task", () => {
  const bench = new Bench({ hwm: 1 });
  for (const id of [0, 1, 2]) bench.engine(id);
  bench.submit("c-0", [1]);
  bench.submit("c-1", [1]);
  bench.submit("c-2", [1, 2]);
  bench.submit("c-3", [1, 2]);
  assert.deepEqual(bench.assigned(), ["c-0>e1", "c-2>e2"]);
  bench.finish("e1", "c-0");
  assert.deepEqual(bench.assigned(), ["c-1>e1"]);
  bench.finish("e2", "c-2");
  assert.deepEqual(bench.assigned(), ["c-3>e2"]);
});

Deno.test("SchedulerState refuses what it cannot do and says why", () => {
  const bench = new Bench({ limits: { tasksMax: 1 } });
  bench.engine(0);
  bench.state.taskRequest("c", request("other-0", [], "balanced"), []);
  bench.submit("c-1", [7], "direct");
  // The hub may have told its client of an engine first.
  assert.equal(bench.take("task_outcome").length, 1);
  bench.clock.advance(SCHEDULER_LIMITS.engineNewsMs);
  bench.submit("c-2", [], "direct");
  bench.submit("c-3");
  bench.submit("c-4");
  const reasons = bench.take("task_outcome").map(({ message }) =>
    `${message.id} ${message.status} ${message.engineId}: ${message.reason}`
  );
  assert.deepEqual(reasons, [
    "c-1.0 engine_lost 7: it is not in the cluster",
    "c-2 refused 0: it names no engine",
    "c-4 refused 0: the scheduler holds 1 tasks, at most 1",
  ]);
});

Deno.test("SchedulerState refuses payload beyond its limit", () => {
  const bench = new Bench({ limits: { payloadBytesMax: 10 } });
  bench.state.taskRequest("c", request("c-0", [], "balanced"), [
    new Uint8Array(11),
  ]);
  assert.deepEqual(bench.outcomes(), ["c-0:refused"]);
});

Deno.test("SchedulerState ends what a lost engine held and keeps the rest", () => {
  const bench = new Bench({ hwm: 1 });
  bench.engine(0);
  bench.engine(1);
  bench.submit("c-0");
  bench.submit("c-1");
  bench.submit("c-2");
  bench.submit("c-3", [0], "direct");
  bench.submit("c-4", [0]);
  bench.assigned();
  assert.equal(
    bench.state.engineLeft(0, { reason: "killed", signal: "SIGKILL" }),
    "e0",
  );
  assert.deepEqual(bench.outcomes(), [
    "c-0:engine_lost",
    "c-3.0:engine_lost",
    "c-4:engine_lost",
  ]);
  bench.finish("e1", "c-1");
  assert.deepEqual(bench.assigned(), ["c-2>e1"]);
  assert.equal(bench.finish("e0", "c-0"), false);
});

Deno.test("SchedulerState gives nothing to an engine whose connection is cut", () => {
  const bench = new Bench({ hwm: 2 });
  bench.engine(0);
  bench.submit("c-0");
  bench.submit("c-1");
  bench.state.engineDisconnected("e0");
  bench.submit("c-2");
  bench.submit("c-3", [0], "direct");
  assert.deepEqual(bench.assigned(), ["c-0>e0", "c-1>e0"]);
  // It is back and still holds the first task; the second never arrived.
  bench.state.engineReady("e0", 1, ["c-0"]);
  assert.deepEqual(bench.outcomes(), []);
  assert.deepEqual(bench.assigned(), ["c-1>e0", "c-3.0>e0"]);
  bench.finish("e0", "c-0");
  bench.finish("e0", "c-1");
  assert.deepEqual(bench.assigned(), ["c-2>e0"]);
});

Deno.test("SchedulerState passes submission of the same task twice over", () => {
  const bench = new Bench();
  bench.engine(0);
  bench.submit("c-0");
  bench.submit("c-0");
  assert.deepEqual(bench.assigned(), ["c-0>e0"]);
});

Deno.test("SchedulerState passes a task's time limit on", () => {
  const bench = new Bench();
  bench.engine(0);
  bench.engine(1);
  bench.submit("c-0");
  const limited = { ...request("c-1", [], "balanced"), timeoutMs: 50 };
  bench.state.taskRequest("c", limited, []);
  const [first, second] = bench.take("task_assign");
  assert.equal(first !== undefined && "timeoutMs" in first.message, false);
  assert.equal(second?.message.timeoutMs, 50);
});

Deno.test("SchedulerState cancels waiting tasks itself and running ones there", () => {
  const bench = new Bench({ hwm: 1 });
  bench.engine(0);
  bench.submit("c-0");
  bench.submit("c-1");
  bench.state.taskCancel("stranger", ["c-1"], "mine now");
  assert.deepEqual(bench.outcomes(), []);
  bench.state.taskCancel("c", ["c-0", "c-1", "c-9"], "enough");
  assert.deepEqual(bench.outcomes(), ["c-1:cancelled"]);
  assert.deepEqual(bench.take("task_cancel").map(({ to }) => to), ["e0"]);
  bench.assigned();
  bench.finish("e0", "c-0");
  assert.deepEqual(bench.assigned(), []);
  assert.deepEqual(bench.state.counts, { running: 0, queued: 0, finished: 2 });
});

Deno.test("SchedulerState forgets the tasks of a client that is gone", () => {
  const bench = new Bench({ hwm: 1 });
  bench.engine(0);
  for (let i = 0; i < 3; i++) bench.submit(`c-${i}`);
  bench.assigned();
  bench.state.clientGone("c");
  bench.finish("e0", "c-0");
  assert.deepEqual(bench.outcomes(), []);
  assert.deepEqual(bench.assigned(), []);
  assert.deepEqual(bench.state.counts, { running: 0, queued: 0, finished: 3 });
});

Deno.test("SchedulerState gives a slot no more than tasksPerSlotMax", () => {
  const bench = new Bench({ limits: { tasksPerSlotMax: 4 } });
  bench.engine(0, 2);
  for (let count = 0; count < 20; count++) {
    bench.submit(`c-${count}`, [0], "direct");
  }
  assert.equal(bench.assigned().length, 8);
  bench.finish("e0", "c-0.0");
  assert.deepEqual(bench.assigned(), ["c-8.0>e0"]);
});

Deno.test("SchedulerState refuses a task that depends on more than DEPENDENCIES_MAX", () => {
  const bench = new Bench();
  bench.engine(0);
  const ids = Array.from(
    { length: DEPENDENCIES_MAX + 1 },
    (_, index) => `c-${index}`,
  );
  const after = { ids, mode: "any", success: true, failure: true } as const;
  bench.ask("c-x", { after });
  assert.deepEqual(bench.reasons(), [
    "c-x: it depends on 65537 tasks, at most 65536",
  ]);
});
