/**
 * What every store that keeps records does, tried on each of them.
 *
 * @module
 */
import assert from "node:assert/strict";
import fc from "fast-check";
import { RECORD_FIELDS, recordFrom, type TaskRecord } from "../messages/mod.ts";
import { parseFilter, parseSort } from "./filter_parser.ts";
import {
  compareRecords,
  EVERYTHING,
  matches,
  valueOf,
  withIds,
} from "./filter_policy.ts";
import { MemoryStore } from "./memory_store.ts";
import { postgresPrograms, PostgresServer } from "./postgres_fixture_test.ts";
import { PostgresStore } from "./postgres_store.ts";
import { fields, filter, recordWith, taskWith } from "./record_fixture_test.ts";
import { projectRecord } from "./record_project.ts";
import { SqliteStore } from "./sqlite_store.ts";
import type { Retention, TaskStore } from "./task_store.ts";

const EVERY_KEY = [...RECORD_FIELDS.keys()];
const ALL = { keys: [], sort: [], limit: Infinity };

/** Makes an empty store. */
type MakeStore = (retention?: Partial<Retention>) => Promise<TaskStore>;

async function keeps(make: MakeStore): Promise<void> {
  await using store = await make();
  const full: TaskRecord = {
    id: "c-1",
    client: "c",
    owner: "alice",
    label: "first 🙂",
    tags: ["x", "it's"],
    mode: "direct",
    kind: "map",
    function: "square",
    targets: [0, 7],
    status: "error",
    engineId: 0,
    engineHost: "here",
    submittedMs: 1_700_000_000_000.25,
    startedMs: 1_700_000_000_001,
    completedMs: 1_700_000_000_002,
    receivedMs: 1_700_000_000_003,
    attempts: 2,
    detached: true,
    reason: "why\nnot",
    error: { name: "TypeError", message: "no 'x'" },
    stdout: "out\n",
    stderr: "",
    outputDropped: 3,
    requestBytes: 10,
    resultBytes: 20,
    requestKept: "kept",
    resultKept: "too large",
  };
  const request = Uint8Array.of(0, 1, 255);
  await store.put([{ record: full, request }, taskWith({ id: "c-2" })]);
  const [found] = await store.get(["c-1", "nobody"]);
  assert.deepEqual(found?.record, full);
  assert.deepEqual(found.request, request);
  assert.equal(found.result, undefined);
  // The same ids again replace what is there.
  const ended = recordWith({ id: "c-2", status: "running", tags: ["late"] });
  await store.put([{ record: ended, result: Uint8Array.of(9) }]);
  await store.put([
    { record: { ...ended, status: "ok" }, result: Uint8Array.of(8) },
  ]);
  const [second] = await store.get(["c-2"]);
  assert.deepEqual(second?.record, { ...ended, status: "ok" });
  assert.deepEqual(second.result, Uint8Array.of(8));
  assert.equal(await store.count(EVERYTHING), 2);
  assert.equal(await store.count(parseFilter({ tags: "late" })), 1);
  await store.put([]);
}

async function asks(make: MakeStore): Promise<void> {
  await using store = await make();
  await store.put([
    taskWith({ id: "c-3", submittedMs: 3, label: "b" }),
    taskWith({
      id: "c-1",
      submittedMs: 1,
      label: "a",
      error: { name: "E", message: "m" },
    }),
    taskWith({ id: "c-2", submittedMs: 2 }),
  ]);
  const ids = async (
    sort: string[],
    limit = Infinity,
  ): Promise<string[]> => {
    const options = { keys: ["id"], sort: parseSort(sort), limit };
    return (await store.query(EVERYTHING, options)).map(({ id }) => id);
  };
  assert.deepEqual(await ids([]), ["c-1", "c-2", "c-3"]);
  assert.deepEqual(await ids(["-submittedMs"]), ["c-3", "c-2", "c-1"]);
  assert.deepEqual(await ids(["label"]), ["c-2", "c-1", "c-3"]);
  assert.deepEqual(await ids(["-label"], 2), ["c-3", "c-1"]);
  assert.deepEqual(await ids([], 0), []);
  const [part] = await store.query(withIds(["c-1"]), {
    ...ALL,
    keys: ["label", "error.name"],
  });
  assert.deepEqual(part, { id: "c-1", label: "a", error: { name: "E" } });
}

async function forgets(make: MakeStore): Promise<void> {
  await using store = await make({ recordsMax: 5, ageMsMax: 1_000 });
  const tasks = Array.from(
    { length: 9 },
    (_, index) =>
      taskWith({ id: `c-${index}`, submittedMs: index * 100, tags: ["t"] }),
  );
  await store.put(tasks);
  await store.sweep(1_000);
  assert.equal(await store.count(EVERYTHING), 5);
  assert.equal(await store.count(withIds(["c-3", "c-4"])), 1);
  await store.sweep(1_650);
  const left = await store.query(EVERYTHING, { ...ALL, keys: ["id"] });
  assert.deepEqual(left.map(({ id }) => id), ["c-7", "c-8"]);
  assert.equal(await store.purge(withIds(["c-7", "nobody"])), 1);
  assert.equal(await store.purge(EVERYTHING), 1);
  assert.equal(await store.count(parseFilter({ tags: "t" })), 0);
}

async function keepsFunctions(make: MakeStore): Promise<void> {
  await using store = await make();
  assert.equal(await store.getFunction("h"), undefined);
  await store.putFunction("h", Uint8Array.of(1, 2));
  await store.putFunction("h", Uint8Array.of(1, 2));
  assert.deepEqual(await store.getFunction("h"), Uint8Array.of(1, 2));
}

async function agrees(make: MakeStore, runs: number): Promise<void> {
  await using store = await make();
  const [sample = []] = fc.sample(
    fc.array(fields, { minLength: 150, maxLength: 150 }),
    { numRuns: 1, seed: 1 },
  );
  const records = sample.map((some, index) =>
    recordWith({ ...some, id: `c-${index}` })
  );
  await store.put(records.map((record) => ({ record })));
  const order = parseSort(["-label", "engineId", "detached"]);
  let found = 0;
  await fc.assert(
    fc.asyncProperty(filter, async (wanted) => {
      const parsed = parseFilter(wanted);
      const expected = records.filter((record) => matches(parsed, record))
        .sort((a, b) => compareRecords(order, a, b))
        .map((record) => projectRecord(record, EVERY_KEY));
      const got = (await store.query(parsed, { ...ALL, sort: order }))
        .map((record) => recordFrom((name) => valueOf(record, name)));
      assert.deepEqual(got.map(({ id }) => id), expected.map(({ id }) => id));
      assert.deepEqual(got, expected);
      assert.equal(await store.count(parsed), expected.length);
      found += expected.length;
    }),
    { numRuns: runs },
  );
  assert.ok(found > runs, "the filters found next to nothing");
}

const SUITE:
  readonly (readonly [string, (make: MakeStore) => Promise<void>])[] = [
    ["keeps records as they are, and replaces them", keeps],
    ["finds, sorts, limits and cuts records", asks],
    ["forgets what is too old, too much or purged", forgets],
    ["keeps the units of functions", keepsFunctions],
    ["finds what the evaluator finds", (make) => agrees(make, 300)],
  ];

for (const [does, test] of SUITE) {
  Deno.test(`MemoryStore ${does}`, () =>
    test((retention) => Promise.resolve(new MemoryStore(retention))));
  Deno.test(`SqliteStore ${does}`, () =>
    test((retention) =>
      Promise.resolve(
        new SqliteStore({ path: ":memory:", ...(retention && { retention }) }),
      )
    ));
}

const programs = postgresPrograms();

Deno.test({
  name: "PostgresStore does what every store does, on a real server",
  ignore: programs === undefined,
  async fn(t) {
    await using server = await PostgresServer.start(programs ?? "");
    let number = 0;
    for (const [does, test] of SUITE) {
      await t.step(does, () =>
        test((retention) =>
          PostgresStore.open({
            url: server.url,
            cluster: `cluster-${number++}`,
            ...(retention && { retention }),
          })
        ));
    }
    await t.step("keeps the records of clusters apart", async () => {
      const { url } = server;
      await using one = await PostgresStore.open({ url, cluster: "one" });
      await using two = await PostgresStore.open({ url, cluster: "two" });
      await one.put([taskWith({ id: "c-1", label: "one" })]);
      await two.put([taskWith({ id: "c-1", label: "two" })]);
      assert.equal((await one.get(["c-1"]))[0]?.record.label, "one");
      assert.equal(await two.purge(EVERYTHING), 1);
      assert.equal(await one.count(EVERYTHING), 1);
    });
    await t.step("goes on when the server was away", async () => {
      const { url } = server;
      await using store = await PostgresStore.open({ url, cluster: "away" });
      await store.put([taskWith({ id: "c-1" })]);
      await server.stop();
      await assert.rejects(store.put([taskWith({ id: "c-2" })]));
      await server.restart();
      await store.put([taskWith({ id: "c-2" })]);
      assert.equal(await store.count(EVERYTHING), 2);
    });
  },
});
