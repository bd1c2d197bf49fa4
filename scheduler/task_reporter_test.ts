import assert from "node:assert/strict";
import { LimitTally, VirtualClock } from "../base/mod.ts";
import {
  type Message,
  OBSERVATION_ROWS_MAX,
  type TaskObservation,
  type TaskRequest,
  unpackObservations,
} from "../messages/mod.ts";
import {
  OBSERVED_TARGETS_MAX,
  OBSERVED_TEXT_MAX,
  OBSERVED_WORDS_MAX,
  observedRequest,
} from "./observed_request.ts";
import { REPORTER_LIMITS, type ReporterLimits } from "./reporter_limits.ts";
import { outcome } from "./scheduler_fixture_test.ts";
import type { ObservedTask } from "./task_observer.ts";
import { TaskReporter, TELLS_MAX } from "./task_reporter.ts";

const { gatherMs, openGathers } = REPORTER_LIMITS;
const OPEN_MS = gatherMs * (openGathers + 1);

function requestWith(fields: Partial<TaskRequest>): TaskRequest {
  return {
    type: "task_request",
    id: "c-0",
    mode: "balanced",
    targets: [],
    work: { kind: "apply", function: "hash" },
    ...fields,
  };
}

function taskWith(
  id: string,
  fields: Partial<TaskRequest> = {},
  bytes = 3,
): ObservedTask {
  const request = requestWith({ id, ...fields });
  return {
    id,
    client: { id: "c" },
    request,
    place: request.targets,
    payload: [new Uint8Array(bytes)],
  };
}

class Bench {
  readonly clock = new VirtualClock();
  readonly sent: { message: Message; payload: readonly Uint8Array[] }[] = [];
  readonly tally: LimitTally = new LimitTally();
  readonly reporter: TaskReporter;

  constructor(limits?: Partial<ReporterLimits>) {
    this.reporter = new TaskReporter({
      clock: this.clock,
      send: (message, payload = []) =>
        void this.sent.push({ message, payload }),
      unit: () => Uint8Array.of(1),
      limits,
      tally: this.tally,
    });
    this.reporter.registered(true);
  }

  batches(): {
    batch: number;
    dropped: number;
    tasks: TaskObservation[];
  }[] {
    return this.sent.flatMap(({ message, payload }) =>
      message.type !== "task_observations" ? [] : [{
        batch: message.batch,
        dropped: message.dropped,
        tasks: unpackObservations(message.rows, payload),
      }]
    );
  }
}

Deno.test("TaskReporter says everything about a short task at once", () => {
  const bench = new Bench();
  const task = taskWith("c-1", {
    terms: { label: "l", tags: ["t"], after: undefined },
  });
  bench.reporter.submitted(task);
  bench.reporter.assigned(task, 1);
  bench.clock.advance(gatherMs / 2);
  bench.reporter.ended(task, outcome("c-1", "ok", 1), [Uint8Array.of(1, 2)]);
  assert.deepEqual(bench.batches(), []);
  bench.clock.advance(gatherMs);
  const [batch, ...more] = bench.batches();
  assert.equal(more.length, 0);
  assert.equal(batch?.tasks.length, 1);
  const [seen] = batch.tasks;
  assert.equal(seen?.request.length, 1);
  assert.equal(seen.result.length, 1);
  assert.deepEqual(seen?.submitted?.terms?.label, "l");
  assert.deepEqual(seen?.assigned, { engineId: 1, assignedMs: 0 });
  assert.equal(seen?.ended?.resultBytes, 2);
  assert.equal(seen?.ended?.attempts, 1);
  // The unit of its function goes before it, and once.
  bench.reporter.submitted(taskWith("c-2"));
  const units = bench.sent.filter(({ message }) =>
    message.type === "function_source"
  );
  assert.equal(units.length, 1);
  assert.equal(bench.sent[0]?.message.type, "function_source");
  bench.reporter.stop();
  assert.equal(bench.clock.pending, 0);
});

Deno.test("TaskReporter says each of many short tasks in one row, and full batches before the time", () => {
  const bench = new Bench();
  const tasks = Array.from(
    { length: 3 * OBSERVATION_ROWS_MAX },
    (_, index) => taskWith(`c-${index}`),
  );
  for (const task of tasks) bench.reporter.submitted(task);
  for (const task of tasks) bench.reporter.assigned(task, 1);
  bench.clock.advance(gatherMs);
  assert.equal(bench.batches().length, 0, "what has not ended waits");
  for (const task of tasks) {
    bench.reporter.ended(task, outcome(task.id, "ok", 1), [Uint8Array.of(1)]);
  }
  const rows = bench.batches().flatMap(({ tasks }) => tasks);
  assert.equal(rows.length, tasks.length);
  assert.ok(rows.every(({ submitted, ended }) => submitted && ended));
  assert.equal(bench.reporter.waiting, 0);
  bench.reporter.stop();
});

Deno.test("TaskReporter tells of a task that goes on for long, and again when it ends", () => {
  const bench = new Bench();
  const task = taskWith("c-1");
  bench.reporter.submitted(task);
  bench.reporter.assigned(task, 1);
  bench.clock.advance(OPEN_MS);
  assert.equal(bench.batches().length, 1);
  assert.equal(bench.clock.pending, 0);
  bench.reporter.ended(task, outcome("c-1", "ok", 1), []);
  bench.clock.advance(gatherMs);
  const [begun, ended, ...more] = bench.batches().flatMap(({ tasks }) => tasks);
  assert.equal(more.length, 0);
  assert.ok(begun?.submitted && begun.assigned && !begun.ended);
  assert.ok(ended?.ended && !ended.submitted);
  bench.reporter.stop();
});

Deno.test("TaskReporter tells of few tasks at once that go on for long", () => {
  const bench = new Bench({ openRowsMax: 2 });
  for (let index = 0; index < 5; index++) {
    bench.reporter.submitted(taskWith(`c-${index}`));
  }
  bench.clock.advance(gatherMs * openGathers);
  assert.deepEqual(bench.batches().map(({ tasks }) => tasks.length), [2]);
  bench.clock.advance(2 * gatherMs);
  const ids = bench.batches().flatMap(({ tasks }) => tasks.map(({ id }) => id));
  assert.deepEqual(ids, ["c-0", "c-1", "c-2", "c-3", "c-4"]);
  assert.equal(bench.clock.pending, 0);
});

Deno.test("TaskReporter tells of a detached task soon, since only the hub remembers it", () => {
  const bench = new Bench();
  bench.reporter.submitted(taskWith("c-1"));
  bench.reporter.submitted(taskWith("c-2", { terms: { detached: true } }));
  bench.clock.advance(gatherMs);
  assert.equal(bench.batches()[0]?.tasks.length, 2);
  bench.reporter.submitted(taskWith("c-3"));
  bench.clock.advance(gatherMs);
  assert.equal(bench.batches().length, 1);
  bench.reporter.stop();
});

Deno.test("TaskReporter tells of tasks that have not ended before they take all the room", () => {
  const bench = new Bench({ observedTasksMax: 10 });
  for (let index = 0; index < 4; index++) {
    bench.reporter.submitted(taskWith(`c-${index}`));
  }
  assert.equal(bench.batches().length, 0);
  bench.reporter.submitted(taskWith("c-4"));
  assert.equal(bench.batches()[0]?.tasks.length, 5);
  bench.reporter.stop();
});

Deno.test("TaskReporter says nothing when the hub keeps no records", () => {
  const bench = new Bench();
  bench.reporter.registered(false);
  bench.reporter.submitted(taskWith("c-1"));
  bench.clock.advance(gatherMs);
  assert.deepEqual(bench.sent, []);
  assert.equal(bench.clock.pending, 0);
});

Deno.test("TaskReporter drops and counts what a slow hub does not take", () => {
  const bench = new Bench({ observedTasksMax: 10, batchesMax: 2 });
  const submit = (from: number, to: number): void => {
    for (let index = from; index < to; index++) {
      bench.reporter.submitted(taskWith(`c-${index}`));
    }
  };
  submit(0, 1);
  bench.clock.advance(OPEN_MS);
  submit(1, 2);
  bench.clock.advance(OPEN_MS);
  assert.equal(bench.batches().length, 2);
  // Nothing is acknowledged, so nothing more is sent.
  submit(2, 30);
  bench.clock.advance(2 * OPEN_MS);
  assert.equal(bench.batches().length, 2);
  assert.equal(bench.reporter.waiting, 10);
  // Results of detached tasks are not among what is dropped.
  const detached = taskWith("c-d", { terms: { detached: true } });
  bench.reporter.ended(detached, outcome("c-d", "ok", 1), [
    new Uint8Array(100_000),
  ]);
  bench.reporter.acknowledged(0);
  bench.reporter.acknowledged(1);
  bench.clock.advance(gatherMs);
  const [, , late, ...more] = bench.batches();
  assert.equal(more.length, 0);
  assert.equal(late?.dropped, 18);
  assert.equal(late.tasks.length, 11);
  const ended = late.tasks.find(({ id }) => id === "c-d");
  assert.equal(ended?.ended?.resultKept, "kept");
  const { observedTasksMax, batchesMax } = bench.tally.counts ?? {};
  assert.equal(observedTasksMax, 18);
  assert.ok(batchesMax !== undefined);
  bench.reporter.stop();
});

Deno.test("TaskReporter says that it has told only when the hub has taken everything", () => {
  const bench = new Bench({ batchesMax: 2 });
  const told: string[] = [];
  const submit = (count: number): void => {
    for (let index = 0; index < count; index++) {
      bench.reporter.submitted(taskWith(`c-${told.length}-${index}`));
    }
  };
  bench.reporter.tell(() => told.push("nothing"));
  assert.deepEqual(told, ["nothing"]);
  submit(3 * OBSERVATION_ROWS_MAX + 1);
  bench.reporter.tell(() => told.push("all"));
  assert.equal(bench.batches().length, 2);
  assert.deepEqual(told, ["nothing"]);
  // What comes later is not waited for.
  const [first] = bench.batches();
  bench.reporter.submitted(taskWith("c-later"));
  assert.equal(first?.tasks.length, OBSERVATION_ROWS_MAX);
  bench.reporter.acknowledged(0);
  assert.deepEqual(told, ["nothing"]);
  bench.reporter.acknowledged(1);
  assert.deepEqual(told, ["nothing", "all"]);
  const rows = bench.batches().flatMap(({ tasks }) => tasks);
  assert.ok(rows.length > 3 * OBSERVATION_ROWS_MAX);
  bench.reporter.tell(() => told.push("stopped"));
  bench.reporter.stop();
  assert.equal(told.length, 3);
});

Deno.test("TaskReporter lets no more than some questions wait for what it tells", () => {
  const bench = new Bench({ batchesMax: 1 });
  for (const id of ["c-0", "c-1"]) {
    bench.reporter.submitted(taskWith(id));
    bench.reporter.flush();
  }
  let told = 0;
  for (let index = 0; index < TELLS_MAX; index++) {
    bench.reporter.tell(() => told++);
  }
  assert.equal(told, 0);
  bench.reporter.tell(() => told++);
  assert.equal(told, 1);
  bench.reporter.acknowledged(0);
  assert.equal(told, TELLS_MAX + 1);
  bench.reporter.stop();
});

Deno.test("TaskReporter closes a batch at its rows, bytes and parts", () => {
  const bench = new Bench({ batchBytesMax: 1_000, batchPartsMax: 3 });
  for (let index = 0; index < OBSERVATION_ROWS_MAX + 5; index++) {
    bench.reporter.submitted(taskWith(`c-${index}`, {}, 0));
  }
  bench.reporter.flush();
  assert.ok(
    bench.batches().every(({ tasks }) =>
      tasks.length <= OBSERVATION_ROWS_MAX &&
      tasks.reduce((sum, { request }) => sum + request.length, 0) <= 4
    ),
  );
  bench.sent.length = 0;
  const large = new Bench({ batchBytesMax: 1_000 });
  for (let index = 0; index < 9; index++) {
    large.reporter.submitted(taskWith(`c-${index}`, {}, 400));
  }
  large.reporter.flush();
  assert.ok(large.batches().length >= 4);
  bench.reporter.stop();
  large.reporter.stop();
});

Deno.test("TaskReporter keeps no request or result above its limits", () => {
  const bench = new Bench({
    requestBytesMax: 10,
    resultBytesMax: 10,
    detachedBytesMax: 20,
    bytesMax: 300,
    partsMax: 2,
  });
  const kept = (task: ObservedTask, result: Uint8Array[]): unknown[] => {
    bench.reporter.submitted(task);
    bench.reporter.ended(task, outcome(task.id, "ok", 1), result);
    bench.reporter.flush();
    const seen = bench.batches().at(-1)?.tasks[0];
    bench.reporter.acknowledged(bench.batches().at(-1)?.batch ?? -1);
    return [seen?.submitted?.requestKept, seen?.ended?.resultKept];
  };
  const some = (bytes: number): Uint8Array[] => [new Uint8Array(bytes)];
  assert.deepEqual(kept(taskWith("a", {}, 10), some(10)), ["kept", "kept"]);
  assert.deepEqual(kept(taskWith("b", {}, 11), some(11)), [
    "too large",
    "too large",
  ]);
  const detached = { terms: { detached: true } };
  assert.deepEqual(kept(taskWith("c", detached, 1), some(20)), [
    "kept",
    "kept",
  ]);
  assert.deepEqual(kept(taskWith("d", { terms: { inputs: ["x"] } }), []), [
    "inputs",
    "none",
  ]);
  const narrow = { permissions: { net: [] } };
  assert.deepEqual(kept(taskWith("n", narrow), []), ["narrowed", "none"]);
  const parts = [...some(1), ...some(1), ...some(1)];
  assert.deepEqual(kept(taskWith("e"), parts), ["kept", "too large"]);
  for (let index = 0; index < 31; index++) {
    bench.reporter.submitted(taskWith(`f-${index}`, {}, 10));
  }
  bench.reporter.flush();
  const states = bench.batches().flatMap(({ tasks }) => tasks)
    .map(({ submitted }) => submitted?.requestKept);
  assert.ok(states.includes("no room"));
  bench.reporter.stop();
});

Deno.test("TaskReporter tells again what a hub that is back has not recorded", () => {
  const bench = new Bench();
  for (const id of ["c-1", "c-2"]) {
    bench.reporter.submitted(taskWith(id));
    bench.reporter.flush();
  }
  bench.reporter.acknowledged(0);
  bench.sent.length = 0;
  bench.reporter.registered(true);
  assert.deepEqual(bench.batches().map(({ batch }) => batch), [1]);
  bench.reporter.stop();
});

Deno.test("observedRequest cuts what would make a record large", () => {
  const long = "x".repeat(OBSERVED_TEXT_MAX + 1);
  const whole = observedRequest(requestWith({ targets: [1] }), [1]);
  assert.ok(whole.isWhole);
  const cases: readonly Partial<TaskRequest>[] = [
    { work: { kind: "pull", names: [long] } },
    { work: { kind: "clear", names: [long] } },
    { work: { kind: "push", path: long } },
    { terms: { tags: Array.from({ length: OBSERVED_WORDS_MAX + 1 }, String) } },
    { terms: { labels: { [long]: "x" } } },
    { terms: { resources: { [long]: 1 } } },
  ];
  for (const fields of cases) {
    const cut = observedRequest(requestWith(fields), []);
    assert.ok(!cut.isWhole);
    assert.ok(JSON.stringify(cut).length < 2 * OBSERVED_TEXT_MAX);
  }
  const many = Array.from({ length: OBSERVED_TARGETS_MAX + 1 }, (_, id) => id);
  const cut = observedRequest(requestWith({}), many);
  assert.equal(cut.targets.length, OBSERVED_TARGETS_MAX);
  assert.ok(!cut.isWhole);
});
