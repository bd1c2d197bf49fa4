import assert from "node:assert/strict";
import type { DependencyTerms, TaskTerms } from "../messages/mod.ts";
import { BYPASSES_MAX } from "./placements.ts";
import { Bench } from "./scheduler_fixture_test.ts";

function after(
  ids: readonly string[],
  other: Partial<DependencyTerms> = {},
): DependencyTerms {
  return { ids, mode: "all", success: true, failure: false, ...other };
}

/** Lets one engine finish what it has, until it has nothing; in order. */
function runAll(bench: Bench, engine = "e0"): string[] {
  const order: string[] = [];
  for (;;) {
    const next = bench.take("task_assign");
    if (next.length === 0) return order;
    for (const { message } of next) {
      order.push(message.id);
      bench.finish(engine, message.id, 500);
    }
  }
}

Deno.test("SchedulerState runs higher priorities first and equal ones in order", () => {
  const bench = new Bench({ hwm: 1 });
  for (const [id, priority] of [[1, 0], [2, 5], [3, -1], [4, 5]] as const) {
    bench.ask(`c-${id}`, { priority });
  }
  bench.submit("c-5");
  bench.engine(0);
  assert.deepEqual(runAll(bench), ["c-2", "c-4", "c-1", "c-5", "c-3"]);
});

Deno.test("SchedulerState gives clients that share engines the same", () => {
  const bench = new Bench({ hwm: 1 });
  for (let i = 0; i < 6; i++) bench.submit(`a-${i}`);
  for (let i = 0; i < 2; i++) bench.submit(`b-${i}`);
  bench.ask("b-2", { labels: {}, resources: { x: 0 } });
  bench.engine(0);
  assert.deepEqual(runAll(bench).map((id) => id[0]).join(""), "abababaaa");
  // One that comes later has saved nothing up, and waits for nobody's backlog.
  for (let i = 10; i < 14; i++) bench.submit(`a-${i}`);
  for (let i = 0; i < 2; i++) bench.submit(`d-${i}`);
  assert.equal(runAll(bench).map((id) => id[0]).join(""), "adadaa");
});

Deno.test("SchedulerState reserves resources and gives them back", () => {
  const bench = new Bench({ hwm: 4 });
  bench.engine(0, 4, { resources: { gpu: 2 } });
  bench.engine(1, 4);
  const gpu = (amount: number): TaskTerms => ({ resources: { gpu: amount } });
  for (const [id, amount] of [[0, 1], [1, 1.5], [2, 1]] as const) {
    bench.ask(`c-${id}`, gpu(amount));
  }
  assert.deepEqual(bench.assigned(), ["c-0>e0", "c-2>e0"]);
  bench.finish("e0", "c-0");
  assert.deepEqual(bench.assigned(), []);
  bench.fail("e0", "c-2");
  assert.deepEqual(bench.assigned(), ["c-1>e0"]);
});

Deno.test("SchedulerState lets no stream of small tasks starve a large one", () => {
  const bench = new Bench({ hwm: 4 });
  bench.engine(0, 4, { resources: { gpu: 2 } });
  bench.ask("c-0", { resources: { gpu: 1 } });
  bench.ask("c-1", { resources: { gpu: 2 } });
  bench.assigned();
  const running = ["c-0"];
  let served = 0;
  for (let i = 2; !running.includes("c-1"); i++) {
    assert.ok(i < BYPASSES_MAX + 10, "starved");
    bench.ask(`c-${i}`, { resources: { gpu: 1 } });
    const started = bench.take("task_assign").map(({ message }) => message.id);
    served += started.length;
    running.push(...started);
    if (started.length > 0) bench.finish("e0", running.shift() ?? "");
    else running.splice(0).forEach((id) => bench.finish("e0", id));
    running.push(...bench.take("task_assign").map(({ message }) => message.id));
  }
  assert.ok(served >= BYPASSES_MAX);
});

Deno.test("SchedulerState keeps to labels, and says what no engine has", () => {
  const bench = new Bench({ hwm: 2 });
  bench.engine(0, 1, { labels: { os: "linux" } });
  bench.engine(1, 1, { labels: { os: "linux", disk: "ssd" } });
  bench.ask("c-0", { labels: { disk: "ssd", os: "linux" } });
  bench.ask("c-1", { labels: { os: "linux", disk: "ssd" } });
  bench.ask("c-2", { labels: { disk: "hdd" }, resources: { gpu: 1 } });
  bench.submit("c-3", [0], "direct", { labels: { disk: "ssd" } });
  assert.deepEqual(bench.assigned(), ["c-0>e1", "c-1>e1"]);
  assert.deepEqual(bench.reasons(), [
    "c-2: no engine in the cluster has label disk=hdd and resource gpu=1",
    "c-3.0: no engine in the cluster has one of the ids 0 and label disk=ssd",
  ]);
});

Deno.test("SchedulerState waits for late engines where there is reason to", () => {
  const bench = new Bench();
  bench.ask("c-0", { labels: { a: "1" } });
  bench.engine(0);
  bench.ask("c-1", { labels: { a: "1" }, queueTimeoutMs: 60_000 });
  bench.clock.advance(9_000);
  assert.deepEqual(bench.outcomes(), []);
  bench.clock.advance(2_000);
  assert.deepEqual(bench.outcomes(), ["c-0:impossible"]);
  bench.engine(1, 1, { labels: { a: "1" } });
  assert.deepEqual(bench.assigned(), ["c-1>e1"]);
  bench.clock.advance(100_000);
  assert.deepEqual(bench.outcomes(), []);
});

Deno.test("SchedulerState ends a task that waits for too long", () => {
  const bench = new Bench({ hwm: 1 });
  bench.engine(0);
  bench.submit("c-0");
  bench.ask("c-1", { queueTimeoutMs: 50 });
  bench.ask("c-2", { queueTimeoutMs: 50, after: after(["c-0"]) });
  bench.clock.advance(49);
  assert.deepEqual(bench.outcomes(), []);
  bench.clock.advance(1);
  assert.deepEqual(bench.reasons(), [
    "c-1: it waited in the queue for more than 50 ms",
    "c-2: it waited in the queue for more than 50 ms",
  ]);
  bench.finish("e0", "c-0");
  bench.ask("c-3", { queueTimeoutMs: 50 });
  bench.clock.advance(1_000);
  assert.deepEqual(bench.outcomes(), ["c-0:ok"]);
});

Deno.test("SchedulerState starts tasks after those that they wait for", () => {
  const bench = new Bench({ hwm: 0 });
  bench.engine(0);
  bench.submit("c-0");
  bench.ask("c-1", { after: after(["c-0"]) });
  bench.submit("c-2", [0, 0], "direct", { after: after(["c-0", "c-1"]) });
  bench.ask("c-3", { after: after(["c-2.0", "c-2.1"], { mode: "any" }) });
  assert.deepEqual(bench.assigned(), ["c-0>e0"]);
  bench.finish("e0", "c-0");
  assert.deepEqual(bench.assigned(), ["c-1>e0"]);
  bench.finish("e0", "c-1");
  assert.deepEqual(bench.assigned(), ["c-2.0>e0", "c-2.1>e0"]);
  bench.finish("e0", "c-2.1");
  assert.deepEqual(bench.assigned(), ["c-3>e0"]);
  // What has ended counts as well, for as long as it is remembered.
  bench.ask("c-4", { after: after(["c-0"]) });
  bench.ask("c-5", {
    after: after(["c-0"], { success: false, failure: true }),
  });
  assert.deepEqual(bench.assigned(), ["c-4>e0"]);
  assert.equal(bench.outcomes().at(-1), "c-5:impossible");
});

Deno.test("SchedulerState ends a chain of any length when its first task fails", () => {
  const bench = new Bench({ hwm: 1 });
  bench.engine(0);
  bench.submit("c-0");
  for (let i = 1; i <= 20_000; i++) {
    bench.ask(`c-${i}`, { after: after([`c-${i - 1}`]) });
  }
  bench.fail("e0", "c-0");
  const outcomes = bench.take("task_outcome");
  assert.equal(outcomes.length, 20_001);
  assert.equal(outcomes[1]?.message.reason, "task c-0 failed");
  assert.equal(outcomes.at(-1)?.message.status, "impossible");
});

Deno.test("SchedulerState refuses dependencies that make no sense", () => {
  const bench = new Bench({ hwm: 1, limits: { fatesPerClientMax: 4 } });
  bench.engine(0);
  bench.submit("other-0");
  bench.ask("c-1", { after: after(["other-0"]) });
  bench.ask("c-2", { after: after(["c-99"]) });
  bench.ask("c-3", { follow: after(["c-3"]) });
  bench.submit("c-4", [0], "direct", { after: after(["c-4.0"]) });
  bench.ask("c-5", { after: after([], { success: false }) });
  bench.ask("c-6", { inputs: ["c-98"] });
  const many = Array.from({ length: 65_537 }, () => "c-0");
  bench.ask("c-7", { after: after(many) });
  assert.deepEqual(bench.reasons(), [
    "c-1: task other-0 does not belong to this client",
    "c-2: task c-99 is not known: it was never submitted, or ended long ago",
    "c-3: it depends on itself",
    "c-4.0: it depends on itself",
    "c-5: it depends on tasks that neither succeed nor fail",
    "c-6: task c-98 is not known: it was never submitted, or ended long ago",
    "c-7: it depends on 65537 tasks, at most 65536",
  ]);
});

Deno.test("SchedulerState runs a task where those ran that it follows", () => {
  const bench = new Bench({ hwm: 2 });
  for (const id of [0, 1, 2]) bench.engine(id);
  bench.submit("c-0", [2]);
  bench.submit("c-1", [1]);
  const follow = (ids: string[], mode: "all" | "any"): TaskTerms => ({
    follow: after(ids, { mode }),
  });
  bench.ask("c-2", follow(["c-0"], "all"));
  bench.ask("c-3", follow(["c-0", "c-1"], "all"));
  bench.submit("c-4", [0], "balanced", follow(["c-0"], "all"));
  assert.deepEqual(bench.assigned(), ["c-0>e2", "c-1>e1"]);
  bench.finish("e2", "c-0");
  bench.finish("e1", "c-1");
  assert.deepEqual(bench.assigned(), ["c-2>e2"]);
  bench.ask("c-5", follow(["c-0", "c-1"], "any"));
  assert.deepEqual(bench.assigned(), ["c-5>e1"]);
  assert.deepEqual(bench.reasons().slice(1, 2), [
    "c-4: the tasks that it follows ran outside of its targets",
  ]);
  bench.state.engineLeft(2, { reason: "gone" });
  bench.ask("c-6", follow(["c-0"], "all"));
  assert.equal(bench.outcomes().at(-1), "c-6:impossible");
});

Deno.test("SchedulerState asks each engine once whether it takes a task", () => {
  const bench = new Bench({ hwm: 1 });
  for (const id of [0, 1, 2]) bench.engine(id);
  bench.ask("c-0", { conditional: true });
  assert.deepEqual(bench.assigned(), ["c-0>e0"]);
  bench.fail("e0", "c-0", "unmet");
  assert.deepEqual(bench.assigned(), ["c-0>e1"]);
  bench.fail("e1", "c-0", "unmet");
  assert.deepEqual(bench.assigned(), ["c-0>e2"]);
  bench.fail("e2", "c-0", "unmet");
  assert.deepEqual(bench.outcomes(), ["c-0:unmet"]);
  assert.deepEqual(bench.state.counts, { running: 0, queued: 0, finished: 1 });
});

Deno.test("SchedulerState tries another engine when the next one to ask is gone", () => {
  const bench = new Bench({ hwm: 1 });
  for (const id of [0, 1]) bench.engine(id);
  bench.ask("c-0", { conditional: true });
  bench.submit("c-1");
  bench.assigned();
  bench.fail("e0", "c-0", "unmet");
  assert.deepEqual(bench.assigned(), []);
  bench.state.engineLeft(1, { reason: "gone" });
  assert.deepEqual(bench.outcomes(), ["c-1:engine_lost", "c-0:unmet"]);
});

Deno.test("SchedulerState retries on the causes asked for and says how often", () => {
  const bench = new Bench({ hwm: 1 });
  bench.engine(0);
  bench.ask("c-0", { retries: { max: 2, on: "error", backoffMs: 100 } });
  bench.assigned();
  bench.fail("e0", "c-0");
  assert.deepEqual(bench.assigned(), []);
  bench.clock.advance(100);
  assert.deepEqual(bench.assigned(), ["c-0>e0"]);
  bench.fail("e0", "c-0");
  bench.clock.advance(199);
  assert.deepEqual(bench.assigned(), []);
  bench.clock.advance(1);
  const [third] = bench.take("task_assign");
  assert.equal(third?.message.attempt, 3);
  assert.deepEqual(bench.outcomes(), []);
  bench.fail("e0", "c-0");
  const [last] = bench.take("task_outcome");
  assert.equal(last?.message.status, "error");
  assert.equal(last?.message.attempts, 3);
});

Deno.test("SchedulerState runs tasks of a lost engine again before others", () => {
  const bench = new Bench({ hwm: 2 });
  bench.engine(0);
  const retries = { max: 1, on: "engine-lost", backoffMs: 0 } as const;
  for (const id of [0, 1, 2]) bench.ask(`c-${id}`, { retries });
  bench.submit("c-3");
  assert.deepEqual(bench.assigned(), ["c-0>e0", "c-1>e0"]);
  bench.state.engineLeft(0, { reason: "killed" });
  assert.deepEqual(bench.outcomes(), []);
  bench.engine(1);
  assert.deepEqual(runAll(bench, "e1"), ["c-0", "c-1", "c-2", "c-3"]);
  const attempts = bench.take("task_outcome").map(({ message }) =>
    message.attempts
  );
  assert.deepEqual(attempts, [2, 2, undefined, undefined]);
});

Deno.test("SchedulerState retries nothing that was cancelled, even in its back-off", () => {
  const bench = new Bench({ hwm: 1 });
  bench.engine(0);
  const retries = { max: 9, on: "any", backoffMs: 100 } as const;
  bench.ask("c-0", { retries });
  bench.state.taskCancel("c", ["c-0"], "no");
  bench.state.engineLeft(0, { reason: "killed" });
  assert.deepEqual(bench.outcomes(), ["c-0:cancelled"]);
  bench.engine(1);
  bench.ask("c-1", { retries });
  bench.fail("e1", "c-1");
  bench.state.taskCancel("c", ["c-1"], "no");
  assert.deepEqual(bench.outcomes(), ["c-1:cancelled"]);
  bench.clock.advance(1_000);
  assert.equal(bench.clock.pending, 0);
});

Deno.test("SchedulerState hands values on as arguments", () => {
  const bench = new Bench({ hwm: 0 });
  bench.engine(0);
  const [own, a, b] = [1, 2, 3].map((byte) => Uint8Array.of(byte));
  assert.ok(own && a && b);
  bench.submit("c-0");
  bench.submit("c-1");
  bench.submit("c-2", [], "balanced", { inputs: ["c-1", "c-0", "c-1"] }, [own]);
  bench.finish("e0", "c-0", 0, [a]);
  bench.assigned();
  bench.finish("e0", "c-1", 0, [b, b]);
  bench.submit("c-3", [], "balanced", { inputs: ["c-0"] });
  const assigned = bench.take("task_assign");
  assert.deepEqual(assigned.map(({ message }) => message.inputParts), [
    [2, 1, 2],
    [1],
  ]);
  assert.deepEqual(assigned[0]?.payload, [own, b, b, a, b, b]);
  assert.equal(bench.state.payloadBytes, 5);
  bench.finish("e0", "c-2");
  bench.finish("e0", "c-3");
  assert.equal(bench.state.payloadBytes, 0);
});

Deno.test("SchedulerState ends a task whose input failed or is not held", () => {
  const bench = new Bench({
    hwm: 0,
    limits: { valueBytesPerClientMax: 10, payloadBytesMax: 20 },
  });
  bench.engine(0);
  bench.submit("c-0");
  bench.ask("c-1", { inputs: ["c-0"] });
  bench.fail("e0", "c-0");
  bench.submit("c-2");
  bench.finish("e0", "c-2", 0, [new Uint8Array(6)]);
  bench.ask("c-3", { inputs: ["c-2"] });
  bench.submit("c-4");
  bench.ask("c-5", { inputs: ["c-4"] });
  bench.finish("e0", "c-4", 0, [new Uint8Array(21)]);
  assert.deepEqual(
    bench.take("task_outcome").map(({ message }) =>
      message.status + (message.reason ?? "")
    ),
    [
      "error",
      "impossibleits input, task c-0, failed",
      "ok",
      "invalidthe value of its input, task c-2, is not held any more; pass the value itself",
      "ok",
      "refusedthe scheduler would hold 21 payload bytes with its inputs, at most 20",
    ],
  );
});

Deno.test("SchedulerState sends coalesced outcomes together, but not at any price", () => {
  const bench = new Bench({ hwm: 0, limits: { payloadBytesMax: 10 } });
  for (const id of [0, 1, 2]) bench.engine(id);
  bench.submit("c-0", [0, 1, 2], "direct", { coalesced: true });
  bench.finish("e1", "c-0.1");
  bench.finish("e0", "c-0.0");
  assert.deepEqual(bench.outcomes(), []);
  bench.state.engineLeft(2, { reason: "gone" });
  assert.deepEqual(bench.outcomes(), [
    "c-0.1:ok",
    "c-0.0:ok",
    "c-0.2:engine_lost",
  ]);
  bench.submit("c-1", [0, 1], "direct", { coalesced: true });
  bench.finish("e0", "c-1.0", 0, [new Uint8Array(11)]);
  assert.deepEqual(bench.outcomes(), ["c-1.0:ok"]);
  bench.finish("e1", "c-1.1");
  assert.deepEqual(bench.outcomes(), ["c-1.1:ok"]);
});

Deno.test("SchedulerState drains an engine: it finishes, gets nothing new, and says so", () => {
  const bench = new Bench({ hwm: 2 });
  bench.engine(0);
  bench.submit("c-0", [0]);
  bench.submit("c-1", [0]);
  bench.submit("c-2", [0]);
  bench.submit("c-3", [0], "direct");
  bench.assigned();
  assert.ok(bench.state.engineDrain(0));
  assert.deepEqual(
    bench.take("task_recall").map(({ message }) => message.ids),
    [
      ["c-1"],
    ],
  );
  bench.submit("c-4");
  bench.submit("c-5", [0]);
  bench.submit("c-6", [0], "direct");
  assert.deepEqual(bench.outcomes(), ["c-5:impossible", "c-6.0:refused"]);
  for (const id of ["c-0", "c-1", "c-3.0"]) bench.finish("e0", id);
  assert.deepEqual(bench.drained, []);
  assert.deepEqual(bench.assigned(), ["c-2>e0"]);
  bench.finish("e0", "c-2");
  assert.deepEqual(bench.drained, [0]);
  bench.engine(1);
  assert.deepEqual(bench.assigned(), ["c-4>e1"]);
  assert.equal(bench.state.engineDrain(9), false);
  bench.finish("e1", "c-4");
  bench.engine(1);
  bench.submit("c-7");
  bench.submit("c-8");
  bench.submit("c-9");
  assert.deepEqual(bench.assigned(), ["c-7>e1", "c-8>e1"]);
  bench.state.engineUndrain(0);
  bench.state.engineUndrain(9);
  assert.deepEqual(bench.assigned(), ["c-9>e0"]);
  bench.submit("c-10", [0], "direct");
  assert.deepEqual(bench.assigned(), ["c-10.0>e0"]);
});

Deno.test("SchedulerState calls tasks back that wait behind a long one", () => {
  const bench = new Bench();
  bench.engine(0);
  bench.engine(1);
  for (let i = 0; i < 20; i++) {
    bench.submit(`c-${i}`);
    for (const { to, message } of bench.take("task_assign")) {
      bench.finish(to, message.id, 0.1);
    }
  }
  for (let i = 20; i < 30; i++) bench.submit(`c-${i}`);
  const held = bench.take("task_assign");
  const mine = held.filter(({ to }) => to === "e0").map((one) =>
    one.message.id
  );
  const others = held.filter(({ to }) => to === "e1");
  assert.ok(mine.length > 2);
  for (const { to, message } of others) bench.finish(to, message.id, 0.1);
  bench.clock.advance(9);
  assert.deepEqual(bench.take("task_recall"), []);
  bench.clock.advance(1);
  const [recall] = bench.take("task_recall");
  assert.deepEqual(recall?.message.ids, mine.slice(1));
  bench.state.tasksReturned("e0", mine.slice(2));
  assert.deepEqual(bench.assigned(), mine.slice(2).map((id) => `${id}>e1`));
  // What it could not give back is asked for only once.
  bench.clock.advance(1_000);
  assert.deepEqual(bench.take("task_recall"), []);
  assert.equal(bench.clock.pending, 0);
});

Deno.test("SchedulerState calls nothing back from an engine that keeps finishing", () => {
  const bench = new Bench({ hwm: 8 });
  bench.engine(0);
  bench.engine(1, 1, { labels: { a: "1" } });
  for (let i = 0; i < 6; i++) bench.submit(`c-${i}`, [0]);
  bench.ask("c-9", { labels: { a: "1" } });
  bench.assigned();
  bench.finish("e1", "c-9");
  for (let i = 0; i < 4; i++) {
    bench.clock.advance(9);
    bench.finish("e0", `c-${i}`);
    bench.clock.advance(1);
  }
  assert.deepEqual(bench.take("task_recall"), []);
});

Deno.test("SchedulerState bounds the sets of engines that tasks wait for", () => {
  const bench = new Bench({ limits: { placementsMax: 3 } });
  for (let i = 0; i < 4; i++) bench.ask(`c-${i}`, { labels: { a: `${i}` } });
  assert.deepEqual(bench.reasons(), [
    "c-3: tasks wait for 3 different sets of engines, at most 3",
  ]);
});

Deno.test("SchedulerState hands each task on at once, in turn, by the scheme pure", () => {
  const bench = new Bench({ scheme: "pure", hwm: 1 });
  for (const id of [0, 1, 2]) bench.engine(id);
  for (let i = 0; i < 7; i++) bench.submit(`c-${i}`);
  assert.equal(
    bench.assigned().map((text) => text.slice(-1)).join(""),
    "0120120",
  );
});

Deno.test("SchedulerState cancels ten thousand tasks with one message to each engine", () => {
  const bench = new Bench({ hwm: 5_000 });
  bench.engine(0);
  bench.engine(1);
  const ids = Array.from({ length: 10_000 }, (_, i) => `c-${i}`);
  for (const id of ids) bench.submit(id);
  for (let i = 0; i < 5; i++) bench.submit(`c-queued${i}`);
  bench.state.taskCancel("c", [...ids, "c-queued0", "c-queued3"], "no");
  assert.deepEqual(
    bench.take("task_cancel").map(({ message }) => message.ids.length),
    [5_000, 5_000],
  );
  assert.deepEqual(bench.outcomes(), [
    "c-queued0:cancelled",
    "c-queued3:cancelled",
  ]);
});
