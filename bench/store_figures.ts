// deno-lint-ignore-file no-console -- this program prints its figures
/**
 * Figures of the stores of records: one JSON line, in the form of the
 * harness.
 *
 * @module
 */
import process from "node:process";
import { DatabaseSync, type SQLInputValue } from "node:sqlite";
import type { TaskRecord } from "../messages/mod.ts";
import {
  EVERYTHING,
  MEMORY_RETENTION,
  MemoryStore,
  parseFilter,
  SqliteStore,
  type StoredTask,
  type TaskStore,
} from "../store/mod.ts";
import type { Figure } from "./figures.ts";

const RECORDS = 100_000;
const RING_RECORDS = 1_000_000;
const BATCH = 512;
/** Rows of one statement, as the store has them. */
const ROWS = 32;

function recordOf(index: number): TaskRecord {
  return {
    id: `c-abcdefghijkl-${index.toString(36)}`,
    client: "c-abcdefghijkl",
    owner: "",
    label: index % 10 === 0 ? `sweep-${index % 1_000}` : undefined,
    tags: [],
    mode: "balanced",
    kind: "apply",
    function: "simulate",
    targets: [],
    status: index % 100 === 0 ? "error" : "ok",
    engineId: index % 8,
    engineHost: "localhost",
    submittedMs: 1.7e12 + index,
    startedMs: 1.7e12 + index,
    completedMs: 1.7e12 + index + 5,
    receivedMs: 1.7e12 + index + 6,
    attempts: 1,
    detached: false,
    stdout: "",
    stderr: "",
    outputDropped: 0,
    requestBytes: 40,
    resultBytes: 20,
    requestKept: "kept",
    resultKept: "kept",
  };
}

async function write(store: TaskStore, records: number): Promise<number> {
  const startedMs = performance.now();
  for (let from = 0; from < records; from += BATCH) {
    const tasks: StoredTask[] = [];
    for (let index = from; index < from + BATCH; index++) {
      const request = new Uint8Array(80);
      const result = new Uint8Array(28);
      tasks.push({ record: recordOf(index), request, result });
    }
    await store.put(tasks);
  }
  return records / (performance.now() - startedMs) * 1_000;
}

/** Processor time of something, for each of some records. */
async function cpuOf(
  figure: string,
  records: number,
  action: () => Promise<unknown> | void,
): Promise<Figure> {
  const before = process.cpuUsage();
  await action();
  const { user, system } = process.cpuUsage(before);
  return { figure, value: (user + system) / records, unit: "µs" };
}

/**
 * Where the time goes: the same rows by the same statements with nothing of
 * ours around them, into the same table, then without its other indexes, then
 * as one text and one blob.
 */
async function measureBare(path: string): Promise<Figure[]> {
  await new SqliteStore({ path }).close();
  using database = new DatabaseSync(path);
  database.exec("PRAGMA synchronous = NORMAL; PRAGMA cache_size = -16384");
  const columns = database.prepare("PRAGMA table_info(tasks)").all()
    .map(({ name }) => String(name)).filter((name) => name !== "seq");
  let next = 0;
  const rows = (): SQLInputValue[] =>
    Array.from({ length: ROWS }, () => valuesOf(columns, next++)).flat();
  const indexed = await cpuOf(
    "its statements alone",
    RECORDS,
    () => insert(database, "tasks", columns, rows),
  );
  for (
    const name of ["submitted", "label", "status_submitted", "engine", "client"]
  ) {
    database.exec(`DROP INDEX tasks_${name}`);
  }
  const plain = await cpuOf(
    "the same with the index of ids only",
    RECORDS,
    () => insert(database, "tasks", columns, rows),
  );
  database.exec("CREATE TABLE rows (id TEXT, body BLOB)");
  const body = new Uint8Array(300);
  const least = await cpuOf(
    "an id and 300 bytes, no index",
    RECORDS,
    () =>
      insert(
        database,
        "rows",
        ["id", "body"],
        () =>
          Array.from({ length: ROWS }, () => [`c-abcdefghijkl-${next++}`, body])
            .flat(),
      ),
  );
  return [indexed, plain, least];
}

function valuesOf(columns: readonly string[], index: number): SQLInputValue[] {
  const record: { readonly [name: string]: unknown } = { ...recordOf(index) };
  return columns.map((name) => {
    if (name === "request") return new Uint8Array(80);
    if (name === "result") return new Uint8Array(28);
    const value = record[name];
    if (typeof value === "string" || typeof value === "number") return value;
    return Array.isArray(value) ? "[]" : value === undefined ? null : 0;
  });
}

function insert(
  database: DatabaseSync,
  table: string,
  columns: readonly string[],
  values: () => SQLInputValue[],
): void {
  const names = columns.map((name) => `"${name}"`).join(", ");
  const row = `(${columns.map(() => "?").join(", ")})`;
  const statement = database.prepare(
    `INSERT INTO ${table} (${names}) VALUES ${
      Array.from({ length: ROWS }, () => row).join(", ")
    }`,
  );
  for (let from = 0; from < RECORDS; from += BATCH) {
    database.exec("BEGIN IMMEDIATE");
    for (let at = 0; at < BATCH; at += ROWS) statement.run(...values());
    database.exec("COMMIT");
  }
}

async function measureSqlite(): Promise<Figure[]> {
  const folder = await Deno.makeTempDir({ prefix: "ippd-bench-" });
  try {
    await using store = new SqliteStore({ path: `${folder}/tasks.db` });
    let written = 0;
    const cpu = await cpuOf("SQLite, a record", RECORDS, async () => {
      written = await write(store, RECORDS);
    });
    const startedMs = performance.now();
    const filter = parseFilter({ label: { $glob: "sweep-*" }, engineId: 0 });
    await store.query(filter, { keys: [], sort: [], limit: 100 });
    const tookMs = performance.now() - startedMs;
    return [
      { figure: "SQLite writes", value: written, unit: "1/s" },
      { figure: "SQLite query", value: tookMs, unit: "ms" },
      cpu,
      ...await measureBare(`${folder}/bare.db`),
    ];
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

async function measureRing(): Promise<Figure[]> {
  await using store = new MemoryStore();
  // The ring is full, and the heap as large as garbage makes it.
  await write(store, RING_RECORDS);
  const before = process.memoryUsage().rss;
  const written = await write(store, RING_RECORDS);
  const after = process.memoryUsage().rss;
  if (await store.count(EVERYTHING) !== MEMORY_RETENTION.recordsMax) {
    throw new Error("Cannot measure the ring: it is not full");
  }
  return [
    { figure: "memory writes", value: written, unit: "1/s" },
    { figure: "memory after 1 M / before", value: after / before, unit: "" },
  ];
}

async function main(): Promise<void> {
  const figures = [...await measureSqlite(), ...await measureRing()];
  const versions = { Deno: Deno.version.deno, V8: Deno.version.v8 };
  console.log(JSON.stringify({ figures, versions }));
}

if (import.meta.main) await main();
