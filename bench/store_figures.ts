// deno-lint-ignore-file no-console -- this program prints its figures
/**
 * Figures of the stores of records: one JSON line, in the form of the
 * harness.
 *
 * @module
 */
import process from "node:process";
import type { TaskRecord } from "../messages/mod.ts";
import {
  EVERYTHING,
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

async function measureSqlite(): Promise<Figure[]> {
  const folder = await Deno.makeTempDir({ prefix: "ippd-bench-" });
  try {
    await using store = new SqliteStore({ path: `${folder}/tasks.db` });
    const written = await write(store, RECORDS);
    const startedMs = performance.now();
    const filter = parseFilter({ label: { $glob: "sweep-*" }, engineId: 0 });
    await store.query(filter, { keys: [], sort: [], limit: 100 });
    const tookMs = performance.now() - startedMs;
    return [
      { figure: "SQLite writes", value: written, unit: "1/s" },
      { figure: "SQLite query", value: tookMs, unit: "ms" },
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
  if (await store.count(EVERYTHING) !== RECORDS) {
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
