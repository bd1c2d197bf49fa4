/**
 * What things wait in: the heap, the deadlines, the ready queue, and what is
 * remembered of tasks that ended.
 *
 * @module
 */
import assert from "node:assert/strict";
import fc from "fast-check";
import { VirtualClock } from "../base/mod.ts";
import { unrunOutcome } from "../messages/mod.ts";
import { BinaryHeap } from "./binary_heap.ts";
import { Deadlines } from "./deadlines.ts";
import { OutcomeGroup } from "./outcome_group.ts";
import { type Queued, ReadyQueue, type Sharer } from "./ready_queue.ts";
import { retryDelayMs } from "./retry_policy.ts";
import { Bench } from "./scheduler_fixture_test.ts";
import { TaskFates } from "./task_fates.ts";

Deno.test("BinaryHeap gives its items in order, whatever is kept of them", () => {
  fc.assert(fc.property(fc.array(fc.nat(50)), fc.nat(50), (items, most) => {
    const heap = new BinaryHeap<number>((a, b) => a < b);
    for (const item of items) heap.push(item);
    heap.retain((item) => item <= most);
    const out: number[] = [];
    while (heap.length > 0) out.push(heap.pop() ?? NaN);
    const expected = items.filter((item) => item <= most);
    assert.deepEqual(out, expected.sort((a, b) => a - b));
  }));
});

Deno.test("Deadlines act in order, behind one timer, unless called off", () => {
  const clock = new VirtualClock();
  const deadlines = new Deadlines(clock);
  const done: number[] = [];
  const set = (delayMs: number) =>
    deadlines.set(delayMs, () => void done.push(delayMs));
  set(30);
  const off = set(10);
  set(20);
  assert.equal(clock.pending, 1);
  deadlines.callOff(off);
  deadlines.callOff(off);
  clock.advance(25);
  assert.deepEqual(done, [20]);
  set(1);
  clock.advance(100);
  assert.deepEqual(done, [20, 1, 30]);
  assert.equal(clock.pending, 0);
});

Deno.test("Deadlines forget what was called off long before it is due", () => {
  const clock = new VirtualClock();
  const deadlines = new Deadlines(clock);
  for (let i = 0; i < 10_000; i++) {
    deadlines.callOff(deadlines.set(3_600_000, () => assert.fail()));
  }
  assert.ok(deadlines.size < 200, String(deadlines.size));
  deadlines.close();
  assert.equal(clock.pending, 0);
});

function sharer(): Sharer {
  return { share: 0, queued: 0, unfinished: 1, isHeld: false };
}

function queued(client: Sharer, order: number, priority = 0): Queued {
  return { client, order, priority, lane: undefined };
}

Deno.test("ReadyQueue forgets dropped tasks before they fill it", () => {
  const client = sharer();
  const queue = new ReadyQueue<Queued>();
  const first = queued(client, 0);
  queue.push(first, false);
  for (let order = 1; order < 10_000; order++) {
    const task = queued(client, order);
    queue.push(task, false);
    queue.drop(task);
  }
  assert.equal(queue.size, 1);
  const lane = queue.first();
  assert.ok(lane !== undefined && lane.tasks.length < 200);
  assert.equal(queue.take(lane), first);
  assert.equal(queue.first(), undefined);
});

Deno.test("ReadyQueue keeps no lane of a priority or a client that is done", () => {
  const client = { share: 0, queued: 0, unfinished: 0, isHeld: false };
  const queue = new ReadyQueue<Queued>();
  for (let priority = -3; priority <= 3; priority++) {
    queue.push(queued(client, 0, priority), false);
  }
  const seen: number[] = [];
  for (let lane = queue.first(); lane; lane = queue.first()) {
    seen.push(queue.take(lane)?.priority ?? NaN);
  }
  assert.deepEqual(seen, [3, 2, 1, 0, -1, -2, -3]);
  assert.equal(queue.laneCount, 0);
});

Deno.test("TaskFates remember the last tasks and values within their bounds", () => {
  const fates = new TaskFates({
    tasksMax: 10,
    valuesMax: 6,
    valueBytesMax: 1_000,
  });
  for (let i = 0; i < 100; i++) {
    fates.add(`t${i}`, i % 2 === 0, i % 3 === 0 ? undefined : i);
    fates.addValue(`t${i}`, [new Uint8Array(1)]);
    assert.ok(fates.size <= 10 && fates.valueCount <= 6);
  }
  assert.deepEqual(fates.get("t98"), { ok: true, engineId: 98 });
  assert.deepEqual(fates.get("t99"), { ok: false, engineId: undefined });
  assert.equal(fates.get("t80"), undefined);
  assert.equal(fates.value("t99")?.length, 1);
  fates.addValue("big", [new Uint8Array(501)]);
  assert.equal(fates.value("big"), undefined);
  fates.addValue("half", [new Uint8Array(500)]);
  fates.addValue("other", [new Uint8Array(500)]);
  fates.addValue("third", [new Uint8Array(500)]);
  assert.equal(fates.value("half"), undefined);
  assert.equal(fates.value("third")?.length, 1);
});

Deno.test("OutcomeGroup sends outcomes when the last is there", () => {
  const sent: string[] = [];
  const group = new OutcomeGroup(3, ({ id }) => void sent.push(id));
  group.add(unrunOutcome("b", "ok", ""), [new Uint8Array(5)]);
  group.add(unrunOutcome("a", "ok", ""), []);
  assert.deepEqual([sent.length, group.bytes], [0, 5]);
  group.add(unrunOutcome("c", "ok", ""), []);
  assert.deepEqual([sent.join(), group.bytes], ["b,a,c", 0]);
});

Deno.test("retryDelayMs() follows the cause, the count and the back-off", () => {
  const causes = ["engine-lost", "error", "any"] as const;
  const statuses = [
    "engine_lost",
    "error",
    "timed_out",
    "cancelled",
    "refused",
    "impossible",
  ] as const;
  const table = causes.map((on) =>
    statuses.map((status) =>
      retryDelayMs({ max: 1, on, backoffMs: 0 }, status, 0) === 0 ? "x" : "."
    ).join("")
  );
  assert.deepEqual(table, ["x.....", ".x....", "xxx..."]);
  const terms = { max: 4, on: "any", backoffMs: 10 } as const;
  const delays = [0, 1, 2, 3, 4].map((retries) =>
    retryDelayMs(terms, "error", retries)
  );
  assert.deepEqual(delays, [10, 20, 40, 80, undefined]);
  const long = { max: 1e6, on: "any", backoffMs: 1e6 } as const;
  assert.equal(retryDelayMs(long, "error", 5_000), 2 ** 31 - 1);
  assert.equal(retryDelayMs(undefined, "error", 0), undefined);
});

Deno.test("SchedulerState calls a task back that was sent ahead and waits for too long", () => {
  const bench = new Bench({ hwm: 4 });
  bench.engine(0);
  bench.submit("c-0");
  bench.ask("c-1", { queueTimeoutMs: 50 });
  bench.ask("c-2", { queueTimeoutMs: 50 });
  assert.deepEqual(
    bench.take("task_assign").map(({ message }) => message.waits),
    [undefined, true, true],
  );
  bench.clock.advance(50);
  const recalled = bench.take("task_recall").map(({ message }) => message.ids);
  assert.deepEqual(recalled, [["c-1"], ["c-2"]]);
  // One has started in the meantime, and runs to its end.
  bench.state.tasksReturned("e0", ["c-2"]);
  assert.deepEqual(bench.reasons(), [
    "c-2: it waited in the queue for more than 50 ms",
  ]);
  bench.finish("e0", "c-0");
  bench.finish("e0", "c-1");
  assert.deepEqual(bench.outcomes(), ["c-0:ok", "c-1:ok"]);
});
