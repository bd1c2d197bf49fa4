import assert from "node:assert/strict";
import fc from "fast-check";
import { LimitError, VirtualClock } from "../base/mod.ts";
import { fixedChunks } from "./chunk_policy.ts";
import { LazyMap } from "./lazy_map.ts";
import { MapFeed } from "./map_feed.ts";
import { MapSource, type RowBatch } from "./map_source.ts";
import { finish } from "./run_fixture_test.ts";
import { TaskRun } from "./task_run.ts";

interface Sent {
  readonly run: TaskRun;
  readonly items: readonly unknown[];
}

/** A map whose tasks end when a test says so. */
function makeMap(
  source: Iterable<number> | AsyncIterable<number>,
  options: { ordered?: boolean; max?: number; chunk?: number } = {},
): { map: LazyMap<number>; sent: Sent[]; cancelled: string[] } {
  const sent: Sent[] = [];
  const cancelled: string[] = [];
  const map = new LazyMap<number>({
    rows: new MapSource([source], new VirtualClock()),
    chunkSize: options.chunk ?? 1,
    outstandingMax: options.max ?? 4,
    ordered: options.ordered ?? true,
    submit: ({ columns }: RowBatch) => {
      const run = new TaskRun(`c-1-${sent.length}`, 0);
      sent.push({ run, items: columns[0] as unknown[] });
      return run;
    },
    items: (run) => {
      if (run.error !== undefined) throw run.error;
      return run.value as unknown[];
    },
    cancel: (ids) => void cancelled.push(...ids),
  });
  return { map, sent, cancelled };
}

function settled(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 0));
}

Deno.test("LazyMap reads nothing before somebody asks, and then so much", async () => {
  let read = 0;
  const { map, sent } = makeMap((function* () {
    for (;;) yield read++;
  })());
  assert.equal(read, 0);
  const first = map.next();
  await settled();
  assert.equal(read, 4);
  finish(sent[1]?.run, [11]);
  finish(sent[0]?.run, [10]);
  assert.deepEqual(await first, { done: false, value: 10 });
  await settled();
  assert.equal(read, 5);
  assert.deepEqual(await map.next(), { done: false, value: 11 });
  await map.return();
});

Deno.test("LazyMap cancels and closes when its consumer stops", async () => {
  let closed = 0;
  const { map, sent, cancelled } = makeMap((function* () {
    try {
      for (let index = 0;; index++) yield index;
    } finally {
      closed++;
    }
  })());
  const first = map.next();
  await settled();
  finish(sent[0]?.run, [0]);
  await first;
  await settled();
  await map.return();
  assert.equal(closed, 1);
  assert.deepEqual(cancelled, sent.slice(1).map((one) => one.run.id));
  assert.deepEqual(await map.next(), { done: true, value: undefined });
  await map.return();
  assert.equal(closed, 1);
});

Deno.test("LazyMap gives everything once, in any order of ends", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 0, max: 30 }),
      fc.integer({ min: 1, max: 5 }),
      fc.integer({ min: 1, max: 8 }),
      fc.boolean(),
      fc.boolean(),
      fc.infiniteStream(fc.nat()),
      async (length, chunk, max, ordered, isAsync, picks) => {
        const numbers = Array.from({ length }, (_, index) => index);
        const source = isAsync
          ? (async function* () {
            yield* numbers;
          })()
          : numbers;
        const { map, sent } = makeMap(source, { ordered, max, chunk });
        const got: number[] = [];
        const consumer = (async () => {
          for await (const item of map) got.push(item);
        })();
        let isOver = false;
        void consumer.then(() => isOver = true);
        while (!isOver) {
          await settled();
          const waiting = sent.filter((one) => !one.run.done);
          const ahead = sent.reduce((sum, one) => sum + one.items.length, 0) -
            got.length;
          assert.ok(ahead <= max, `${ahead} items ahead`);
          const pick = waiting[picks.next().value % (waiting.length || 1)];
          finish(pick?.run, pick?.items);
        }
        await consumer;
        if (!ordered) got.sort((a, b) => a - b);
        assert.deepEqual(got, numbers);
      },
    ),
    { numRuns: 30 },
  );
});

Deno.test("LazyMap throws what a task or its input throws, once", async () => {
  const failing = makeMap([1, 2, 3]);
  const next = failing.map.next();
  await settled();
  failing.sent[0]?.run.fail(new LimitError("task"), 1);
  await assert.rejects(next, /task/);
  assert.deepEqual(failing.cancelled, ["c-1-1", "c-1-2"]);
  assert.equal((await failing.map.next()).done, true);

  const broken = makeMap((function* () {
    yield 1;
    throw new Error("source");
  })());
  const first = broken.map.next();
  await settled();
  finish(broken.sent[0]?.run, [1]);
  assert.deepEqual(await first, { done: false, value: 1 });
  await assert.rejects(broken.map.next(), /source/);
  assert.equal((await broken.map.next()).done, true);
});

Deno.test("MapFeed keeps only so many tasks on their way", async () => {
  const runs: TaskRun[] = [];
  let read = 0;
  const feed = new MapFeed({
    rows: new MapSource([
      (function* () {
        while (read < 200) yield read++;
      })(),
    ], new VirtualClock()),
    policy: fixedChunks(1, 1),
    submit: () => {
      const run = new TaskRun(`c-1-${runs.length}`, 0);
      runs.push(run);
      return { run, bytes: 1 };
    },
  });
  await settled();
  assert.equal(runs.length, 64);
  assert.equal(feed.set.isOpen, true);
  while (!feed.set.done) {
    finish(runs.find((run) => !run.done), [1]);
    await settled();
    assert.ok(runs.filter((run) => !run.done).length <= 64);
  }
  assert.equal(runs.length, 200);
  assert.equal(feed.set.problem, undefined);
});

Deno.test("MapFeed ends at once when it is stopped, also while it reads", async () => {
  const feed = new MapFeed({
    rows: new MapSource([
      (async function* () {
        await new Promise(() => {});
        yield 1;
      })(),
    ], new VirtualClock()),
    policy: fixedChunks(1, 1),
    submit: () => ({ run: new TaskRun("c-1-0", 0), bytes: 1 }),
  });
  await settled();
  feed.stop("enough");
  await feed.set.whenDone();
  assert.match(feed.set.problem?.message ?? "", /was cancelled: enough/);
});

Deno.test("MapSource passes on rows that have come when others are slow", async () => {
  const clock = new VirtualClock();
  const gate = Promise.withResolvers<void>();
  const rows = new MapSource([
    (async function* () {
      yield 1;
      yield 2;
      await gate.promise;
      yield 3;
    })(),
    ["a", "b", "c", "d"],
  ], clock);
  const first = rows.read(10);
  await settled();
  clock.advance(20);
  assert.deepEqual(await first, {
    columns: [[1, 2], ["a", "b"]],
    length: 2,
    isLast: false,
  });
  const second = rows.read(10);
  gate.resolve();
  assert.deepEqual(await second, {
    columns: [[3], ["c"]],
    length: 1,
    isLast: true,
  });
});
