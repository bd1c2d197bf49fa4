import assert from "node:assert/strict";
import { LimitTally, silentLogger, systemClock } from "../base/mod.ts";
import {
  encodeThrown,
  encodeUnit,
  type Message,
  type ObservedEnd,
  packObservations,
  type TaskObservation,
  thrownData,
} from "../messages/mod.ts";
import { functionHash } from "../messages/hash/mod.ts";
import { MemoryStore, type StoredTask } from "../store/mod.ts";
import {
  EARLY_OUTPUTS_MAX,
  ERROR_MESSAGE_MAX,
  OUTPUT_TAIL_MAX,
} from "./record_book.ts";
import {
  type Asker,
  QUERY_RECORDS_MAX,
  RECORD_QUESTIONS_MAX,
  RESUBMITTED_MAX,
} from "./record_desk.ts";
import type { KeeperLimits } from "./record_keeper_options.ts";
import { HubRecords, OWNERS_MAX } from "./records.ts";

const ENDED: ObservedEnd = {
  status: "ok",
  engineId: 1,
  startedMs: 2,
  completedMs: 3,
  receivedMs: 4,
  attempts: 1,
  reason: undefined,
  resultBytes: 1,
  resultKept: "kept",
};

/** A task that was submitted, or also ended. */
function seen(
  id: string,
  ended: boolean,
  client = "c-alice",
): TaskObservation {
  return {
    id,
    submitted: {
      client,
      submittedMs: 1,
      mode: "balanced",
      targets: [],
      work: { kind: "pull", names: ["x"] },
      terms: { label: "l" },
      timeoutMs: undefined,
      requestBytes: 0,
      requestKept: "kept",
    },
    assigned: { engineId: 1, assignedMs: 1 },
    ended: ended ? ENDED : undefined,
    request: [],
    result: ended ? [Uint8Array.of(7)] : [],
  };
}

/** A store whose disk is full for a while. */
class FailingStore extends MemoryStore {
  failures = 0;
  limitAsked = 0;

  override query(
    ...[filter, options]: Parameters<MemoryStore["query"]>
  ): ReturnType<MemoryStore["query"]> {
    this.limitAsked = options.limit;
    return super.query(filter, options);
  }

  override put(tasks: readonly StoredTask[]): Promise<void> {
    if (this.failures-- > 0) return Promise.reject(new Error("disk full"));
    return super.put(tasks);
  }
}

class Bench implements AsyncDisposable {
  readonly store = new FailingStore();
  readonly tally = new LimitTally();
  readonly sent: { to: string; message: Message }[] = [];
  readonly records: HubRecords;
  schedulers: readonly string[] = [];
  batch = 0;

  constructor(limits: Partial<KeeperLimits> = {}) {
    this.records = new HubRecords({
      store: this.store,
      clock: systemClock,
      log: silentLogger,
      engine: () => undefined,
      schedulers: () => this.schedulers,
      tally: this.tally,
      send: (to, message) => void this.sent.push({ to, message }),
      limits: { writeMs: 1, pendingWriteMs: 1, retryMs: [1, 2], ...limits },
    });
    this.records.clientConnected(ALICE);
    this.records.clientConnected(BOB);
  }

  observe(...observations: readonly TaskObservation[]): void {
    const { about, payload } = packObservations(observations);
    const scheduler = { routingId: "s", owner: "", isReadOnly: false };
    this.records.heard(scheduler, {
      type: "task_observations",
      batch: this.batch++,
      dropped: 0,
      ...about,
    }, payload);
  }

  /** What a client is told when it asks. */
  async ask(
    asker: Asker,
    question: Parameters<HubRecords["ask"]>[1],
  ): Promise<readonly Message[]> {
    this.sent.length = 0;
    await this.records.ask(asker, question);
    return this.sent.filter(({ to }) => to === asker.routingId)
      .map(({ message }) => message);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.records.stop();
  }
}

function clientOf(owner: string, isReadOnly = false): Asker {
  return { routingId: `c-${owner}`, owner, isReadOnly };
}

const ALICE = clientOf("alice");
const BOB = clientOf("bob");
const LOOKER = clientOf("looker", true);

const QUERY = {
  type: "query_request",
  requestId: 1,
  filter: "{}",
  keys: [],
  sort: [],
  limit: 10,
} as const;

async function idsSeenBy(bench: Bench, asker: Asker): Promise<string[]> {
  const [reply] = await bench.ask(asker, QUERY);
  assert.ok(reply?.type === "query_reply");
  assert.equal(reply.problem, undefined);
  return reply.records.map(({ id }) => id);
}

Deno.test("HubRecords shows a client the records of its own key only", async () => {
  await using bench = new Bench();
  bench.observe(seen("c-alice-1", true), seen("c-bob-1", true, "c-bob"));
  assert.deepEqual(await idsSeenBy(bench, ALICE), ["c-alice-1"]);
  assert.deepEqual(await idsSeenBy(bench, BOB), ["c-bob-1"]);
  assert.deepEqual(await idsSeenBy(bench, LOOKER), ["c-alice-1", "c-bob-1"]);
  const ids = ["c-alice-1"];
  const [result] = await bench.ask(BOB, { type: "result_request", ids });
  assert.ok(result?.type === "task_result");
  assert.match(result.problem ?? "", /no record/);
  const [own] = await bench.ask(ALICE, { type: "result_request", ids });
  assert.ok(own?.type === "task_result" && own.status === "ok");
  const [again] = await bench.ask(BOB, {
    type: "resubmit_request",
    requestId: 1,
    ids,
  });
  assert.ok(again?.type === "resubmit_reply");
  assert.match(again.problem ?? "", /no record/);
  const [purged] = await bench.ask(BOB, {
    type: "purge_request",
    requestId: 1,
    what: "all",
    ids: [],
  });
  assert.ok(purged?.type === "purge_reply" && purged.purged === 1);
  assert.deepEqual(await idsSeenBy(bench, ALICE), ["c-alice-1"]);
});

Deno.test("HubRecords tells whoever waits, and no stranger, how a task ends", async () => {
  await using bench = new Bench();
  bench.observe(seen("c-alice-1", false));
  const ids = ["c-alice-1"];
  await bench.ask(ALICE, { type: "result_request", ids });
  await bench.ask(BOB, { type: "result_request", ids });
  bench.sent.length = 0;
  bench.observe({
    ...seen("c-alice-1", true),
    submitted: undefined,
    assigned: undefined,
  });
  const told = bench.sent.filter(({ message }) =>
    message.type === "task_result"
  );
  assert.deepEqual(told.map(({ to }) => to), ["c-alice"]);
  // Nor one who asked before anybody knew whose task it would be.
  const later = ["c-alice-2"];
  await bench.ask(BOB, { type: "result_request", ids: later });
  bench.observe(seen("c-alice-2", true));
  const [answer] = bench.sent.filter(({ to }) => to === "c-bob")
    .map(({ message }) => message);
  assert.ok(answer?.type === "task_result");
  assert.match(answer.problem ?? "", /no record/);
});

Deno.test("HubRecords goes on when its store fails, and writes later", async () => {
  await using bench = new Bench();
  bench.store.failures = 3;
  bench.observe(seen("c-alice-1", false));
  await bench.records.start();
  while (await bench.store.count({ kind: "and", parts: [] }) === 0) {
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  assert.equal(bench.records.keeper.counts.failures, 3);
  assert.deepEqual(await idsSeenBy(bench, ALICE), ["c-alice-1"]);
  // Schedulers were told to go on meanwhile.
  assert.equal(bench.records.keeper.counts.dropped, 0);
});

Deno.test("HubRecords answers when the scheduler has told everything, and hurries it", async () => {
  await using bench = new Bench({ writeMs: 1e9 });
  bench.schedulers = ["s"];
  const acked = (): number =>
    bench.sent.filter(({ message }) => message.type === "observations_ack")
      .length;
  const answer = bench.ask(ALICE, { ...QUERY, limit: 0 });
  const [asked] = bench.sent;
  assert.ok(asked?.message.type === "observations_wanted");
  for (let index = 0; index < 5; index++) {
    bench.observe(seen(`c-alice-${index}`, true));
    // It may have no more on their way until these are acknowledged.
    while (acked() <= index) {
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
  }
  bench.records.heard(
    { routingId: "s", owner: "", isReadOnly: false },
    { type: "observations_told", requestId: asked.message.requestId },
    [],
  );
  const [reply] = await answer;
  assert.ok(reply?.type === "query_reply");
  assert.equal(reply.count, 5);
});

Deno.test("HubRecords keeps to its limit of records that cannot be written", async () => {
  await using bench = new Bench({ unwrittenMax: 5 });
  bench.store.failures = Infinity;
  for (let index = 0; index < 20; index++) {
    bench.observe(seen(`c-alice-${index}`, true));
  }
  const [reply] = await bench.ask(ALICE, QUERY);
  assert.ok(reply?.type === "query_reply");
  assert.match(reply.problem ?? "", /takes no records/);
  assert.equal(bench.records.keeper.live, 5);
  assert.equal(bench.records.keeper.counts.dropped, 15);
  assert.deepEqual(bench.tally.counts, { unwrittenMax: 15 });
  bench.store.failures = 0;
  assert.equal((await idsSeenBy(bench, ALICE)).length, 5);
});

Deno.test("HubRecords keeps few tasks in memory, and finds the others again", async () => {
  await using bench = new Bench({ liveMax: 3 });
  const all = Array.from({ length: 10 }, (_, index) => `c-alice-${index}`);
  bench.observe(...all.map((id) => seen(id, false)));
  assert.equal((await idsSeenBy(bench, ALICE)).length, 10);
  assert.equal(bench.records.keeper.live, 3);
  assert.ok((bench.tally.counts?.["liveMax"] ?? 0) > 0);
  bench.observe(...all.map((id) => ({
    ...seen(id, true),
    submitted: undefined,
  })));
  const [reply] = await bench.ask(ALICE, {
    ...QUERY,
    filter: '{"status": "ok"}',
  });
  assert.ok(reply?.type === "query_reply");
  assert.equal(reply.records.length, 10);
  assert.equal(bench.records.keeper.live, 0);
  // What nobody has ever heard of is counted, and nothing else.
  bench.observe({ ...seen("c-alice-x", true), submitted: undefined });
  assert.equal((await idsSeenBy(bench, ALICE)).length, 10);
  assert.equal(bench.records.keeper.counts.dropped, 1);
});

Deno.test("HubRecords ends what an earlier hub, or a lost scheduler, left", async () => {
  await using bench = new Bench();
  const before = await (async () => {
    const other = new Bench();
    other.observe(seen("c-alice-1", false));
    await idsSeenBy(other, ALICE);
    return await other.store.get(["c-alice-1"]);
  })();
  await bench.store.put(before);
  await bench.records.start();
  const [left] = await bench.store.get(["c-alice-1"]);
  assert.equal(left?.record.status, "engine_lost");
  assert.equal(left.record.reason, "its controller ended");
  bench.observe(seen("c-alice-2", false));
  bench.records.schedulerLost("s");
  await idsSeenBy(bench, ALICE);
  const [lost] = await bench.store.get(["c-alice-2"]);
  assert.equal(lost?.record.reason, "its scheduler is lost");
});

Deno.test("HubRecords keeps the end of output, from the task's own engine", async () => {
  await using bench = new Bench();
  const output = {
    type: "output",
    client: "c-alice",
    taskId: "c-alice-1",
    engineId: 1,
    stream: "stdout",
    dropped: 0,
  } as const;
  bench.records.output(1, { ...output, text: "early " });
  bench.observe(seen("c-alice-1", false));
  bench.records.output(2, { ...output, text: "of a stranger" });
  bench.records.output(1, { ...output, text: "later" });
  await idsSeenBy(bench, ALICE);
  const [first] = await bench.store.get(["c-alice-1"]);
  assert.equal(first?.record.stdout, "early later");
  bench.records.output(1, { ...output, text: "x".repeat(OUTPUT_TAIL_MAX) });
  await idsSeenBy(bench, ALICE);
  const [second] = await bench.store.get(["c-alice-1"]);
  assert.equal(second?.record.stdout.length, OUTPUT_TAIL_MAX);
  assert.equal(second?.record.outputDropped, "early later".length);
});

Deno.test("HubRecords answers so many questions at once, with so many records", async () => {
  await using bench = new Bench();
  await Promise.all(
    Array.from(
      { length: RECORD_QUESTIONS_MAX + 1 },
      () => bench.records.ask(ALICE, QUERY),
    ),
  );
  const refused = bench.sent.filter(({ message }) =>
    message.type === "query_reply" && message.problem !== undefined
  );
  assert.equal(refused.length, 1);
  await bench.ask(ALICE, { ...QUERY, limit: QUERY_RECORDS_MAX + 1 });
  assert.equal(bench.store.limitAsked, QUERY_RECORDS_MAX);
  const [reply] = await bench.ask(ALICE, {
    type: "resubmit_request",
    requestId: 1,
    ids: Array.from({ length: RESUBMITTED_MAX + 1 }, String),
  });
  assert.ok(reply?.type === "resubmit_reply");
  assert.match(reply.problem ?? "", /at most 1000 tasks/);
});

Deno.test("HubRecords keeps few outputs of tasks that it does not know", async () => {
  await using bench = new Bench();
  for (let index = 0; index <= EARLY_OUTPUTS_MAX; index++) {
    bench.records.output(1, {
      type: "output",
      client: "c-alice",
      taskId: `c-alice-${index}`,
      engineId: 1,
      stream: "stdout",
      text: "x",
      dropped: 0,
    });
  }
  bench.observe(seen("c-alice-0", true), seen("c-alice-1", true));
  await idsSeenBy(bench, ALICE);
  const found = await bench.store.get(["c-alice-0", "c-alice-1"]);
  assert.deepEqual(found.map(({ record }) => record.stdout), ["", "x"]);
  assert.deepEqual(bench.tally.counts, { EARLY_OUTPUTS_MAX: 1 });
});

Deno.test("HubRecords leaves what nobody asks about packed, and counts it", async () => {
  await using bench = new Bench();
  const { keeper } = bench.records;
  bench.observe(seen("c-alice-1", true), seen("c-alice-2", true));
  assert.equal(keeper.live, 0);
  assert.deepEqual(keeper.figures.ended, { ok: 2 });
  assert.deepEqual(await idsSeenBy(bench, ALICE), ["c-alice-1", "c-alice-2"]);
  // Who has asked may ask again.
  bench.observe(seen("c-alice-3", true));
  assert.equal(keeper.live, 1);
  assert.deepEqual(keeper.figures.ended, { ok: 3 });
  // What is told again is neither recorded nor counted twice.
  bench.batch = 0;
  bench.observe(seen("c-alice-1", true), seen("c-alice-2", true));
  assert.equal((await idsSeenBy(bench, ALICE)).length, 3);
  assert.deepEqual(keeper.figures.ended, { ok: 3 });
  assert.equal(keeper.counts.observed, 3);
  const acks = bench.sent.filter(({ to }) => to === "s");
  assert.deepEqual(acks.map(({ message }) => message), [
    { type: "observations_ack", batch: 1 },
    { type: "observations_ack", batch: 0 },
  ]);
});

Deno.test("HubRecords reads what was left before it reads what has not ended", async () => {
  await using bench = new Bench();
  bench.observe(seen("c-alice-1", true));
  bench.observe(seen("c-alice-2", false));
  assert.equal(bench.records.keeper.live, 2);
  // Those who follow changes hear of them as they come.
  const filter = "{}";
  await bench.ask(ALICE, { type: "watch_request", watchId: 1, filter });
  bench.records.heard(
    ALICE,
    { type: "watch_next", watchId: 1, end: false },
    [],
  );
  bench.observe(seen("c-alice-3", true));
  const events = bench.sent.flatMap(({ message }) =>
    message.type === "watch_event" ? message.records : []
  );
  assert.deepEqual(events.map(({ id }) => id), ["c-alice-3"]);
  assert.deepEqual(bench.records.keeper.figures.ended, { ok: 2 });
});

Deno.test("HubRecords drops and counts observations that nobody can read", async () => {
  await using bench = new Bench();
  const scheduler = { routingId: "s", owner: "", isReadOnly: false };
  const type = "task_observations";
  const bad = [new Uint8Array(3), new Uint8Array(0)];
  const about = { type, dropped: 0, rows: 2 } as const;
  bench.records.heard(scheduler, { ...about, batch: 100 }, bad);
  bench.records.heard(
    scheduler,
    { ...about, batch: 101, isWhole: true },
    bad,
  );
  bench.records.heard(
    scheduler,
    { ...about, batch: 102, isWhole: true },
    [new Uint8Array(3), new Uint8Array(2 * 88)],
  );
  assert.deepEqual(await idsSeenBy(bench, ALICE), []);
  assert.equal(bench.records.keeper.counts.dropped, 6);
});

Deno.test("HubRecords cuts the message of an error", async () => {
  await using bench = new Bench();
  const error = new Error("x".repeat(ERROR_MESSAGE_MAX + 1));
  const parts = encodeThrown(thrownData(error));
  bench.observe({
    ...seen("c-alice-1", true),
    result: parts,
    ended: { ...ENDED, status: "error" },
  });
  await idsSeenBy(bench, ALICE);
  const [found] = await bench.store.get(["c-alice-1"]);
  assert.equal(found?.record.error?.message.length, ERROR_MESSAGE_MAX);
});

Deno.test("HubRecords keeps few observations whose record is to be looked up", async () => {
  await using bench = new Bench({ lateMax: 2 });
  for (let index = 0; index < 5; index++) {
    bench.observe({ ...seen(`c-${index}`, true), submitted: undefined });
  }
  assert.equal(bench.records.keeper.counts.dropped, 3);
  assert.deepEqual(bench.tally.counts, { lateMax: 3 });
});

Deno.test("HubRecords remembers the names of few functions", async () => {
  await using bench = new Bench({ namesMax: 1 });
  const names = ["first", "second"].map((name, index) => {
    const unit = encodeUnit({ source: "() => 1", name, free: [] });
    const hash = functionHash(unit);
    bench.records.functionSource(hash, unit);
    return { hash, id: `c-alice-${index}` };
  });
  for (const { hash, id } of names) {
    const { submitted, ...rest } = seen(id, true);
    assert.ok(submitted);
    const work = { kind: "apply", function: hash } as const;
    bench.observe({ ...rest, submitted: { ...submitted, work } });
  }
  await idsSeenBy(bench, ALICE);
  const found = await bench.store.get(names.map(({ id }) => id));
  assert.deepEqual(found.map(({ record }) => record.function), [
    undefined,
    "second",
  ]);
  assert.deepEqual(bench.tally.counts, { namesMax: 1 });
});

Deno.test("HubRecords forgets the owners of clients that came first", async () => {
  await using bench = new Bench();
  for (let index = 0; index < OWNERS_MAX; index++) {
    const routingId = `c-other-${index}`;
    bench.records.clientConnected({ routingId, owner: "x", isReadOnly: false });
  }
  bench.observe(seen("c-alice-1", true));
  assert.deepEqual(await idsSeenBy(bench, ALICE), []);
});
