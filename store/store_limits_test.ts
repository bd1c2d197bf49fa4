import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import fc from "fast-check";
import { ProtocolError } from "../base/mod.ts";
import { EVERYTHING, withIds } from "./filter_policy.ts";
import {
  FUNCTION_BYTES_KEPT_MAX,
  FUNCTIONS_KEPT_MAX,
  MemoryStore,
} from "./memory_store.ts";
import { NoStore } from "./no_store.ts";
import { openStore, parseStoreChoice } from "./open_store.ts";
import { packParts, unpackParts } from "./packed_parts.ts";
import { taskWith } from "./record_fixture_test.ts";
import { SqliteStore } from "./sqlite_store.ts";

Deno.test("MemoryStore keeps to its budgets of records and of bytes", async () => {
  await using few = new MemoryStore({ recordsMax: 3 });
  for (let index = 0; index < 10; index++) {
    await few.put([taskWith({ id: `c-${index}` })]);
  }
  assert.equal(await few.count(EVERYTHING), 3);
  assert.equal(await few.count(withIds(["c-7", "c-8", "c-9"])), 3);
  await using small = new MemoryStore({ bytesMax: 10_000 });
  const result = new Uint8Array(1_000);
  for (let index = 0; index < 100; index++) {
    await small.put([taskWith({ id: `c-${index}` }, { result })]);
    assert.ok(small.bytes <= 10_000);
  }
  assert.equal(await small.count(withIds(["c-99"])), 1);
  await small.purge(EVERYTHING);
  assert.equal(small.bytes, 0);
});

Deno.test("MemoryStore keeps the functions that were last used", async () => {
  await using store = new MemoryStore();
  for (let index = 0; index <= FUNCTIONS_KEPT_MAX; index++) {
    await store.putFunction(String(index), new Uint8Array(1));
  }
  assert.equal(await store.getFunction("0"), undefined);
  assert.ok(await store.getFunction("1"));
  await store.putFunction("large", new Uint8Array(FUNCTION_BYTES_KEPT_MAX));
  assert.equal(await store.getFunction("1"), undefined);
  assert.ok(await store.getFunction("large"));
});

Deno.test("SqliteStore gives space back, keeps to its bytes and its file", async () => {
  const folder = await Deno.makeTempDir({ prefix: "ippd-store-" });
  const path = `${folder}/tasks.db`;
  try {
    const retention = { bytesMax: 4 << 20 };
    {
      await using store = new SqliteStore({ path, retention });
      const result = new Uint8Array(4_000);
      for (let batch = 0; batch < 8; batch++) {
        await store.put(Array.from({ length: 500 }, (_, index) => {
          const submittedMs = batch * 500 + index;
          return taskWith({ id: `c-${submittedMs}`, submittedMs }, { result });
        }));
      }
      assert.ok(await store.sweep(0) > 0);
      const left = await store.count(EVERYTHING);
      assert.ok(left > 0 && left < 4_000);
      assert.equal(await store.count(withIds(["c-0", "c-3999"])), 1);
    }
    assert.ok((await Deno.stat(path)).size < 12 << 20);
    await using again = new SqliteStore({ path });
    assert.equal(await again.count(withIds(["c-3999"])), 1);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("SqliteStore makes files with large pages, and goes on with others", async () => {
  const folder = await Deno.makeTempDir({ prefix: "ippd-store-" });
  try {
    await using made = new SqliteStore({ path: `${folder}/new.db` });
    await made.put([taskWith({ id: "a" })]);
    await made.close();
    const file = await Deno.readFile(`${folder}/new.db`);
    assert.equal(new DataView(file.buffer).getUint16(16), 16_384);

    const path = `${folder}/old.db`;
    const old = new DatabaseSync(path);
    old.exec("PRAGMA page_size = 4096; PRAGMA user_version = 1");
    old.close();
    await using store = new SqliteStore({ path });
    await store.put([taskWith({ id: "a" })]);
    assert.equal((await store.get(["a"])).length, 1);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("SqliteStore refuses a file of another version, or of something else", async () => {
  const folder = await Deno.makeTempDir({ prefix: "ippd-store-" });
  try {
    const path = `${folder}/tasks.db`;
    await Deno.writeTextFile(path, "this is no database, however long it is");
    assert.throws(() => new SqliteStore({ path }), /not a database/);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("SqliteStore rejects what does not fit on the disk, and goes on", async () => {
  const folder = await Deno.makeTempDir({ prefix: "ippd-store-" });
  const mount = async (command: string, ...args: string[]): Promise<boolean> =>
    (await new Deno.Command(command, { args, stderr: "null" }).output())
      .success;
  // A disk of 2 MiB; where none can be made, the test would prove nothing.
  const disk = `${folder}/disk`;
  await Deno.mkdir(disk);
  const options = ["-t", "tmpfs", "-o", "size=2m", "tmpfs", disk];
  if (!await mount("mount", ...options)) {
    await Deno.remove(folder, { recursive: true });
    return;
  }
  try {
    await using store = new SqliteStore({ path: `${disk}/tasks.db` });
    await store.put([taskWith({ id: "c-first" })]);
    const result = new Uint8Array(100_000);
    await assert.rejects(async () => {
      for (let index = 0; index < 100; index++) {
        await store.put([taskWith({ id: `c-${index}` }, { result })]);
      }
    }, /full/);
    assert.equal(await store.count(withIds(["c-first"])), 1);
    assert.ok(await mount("mount", "-o", "remount,size=8m", disk));
    await store.put([taskWith({ id: "c-last" })]);
    assert.equal(await store.count(withIds(["c-first", "c-last"])), 2);
  } finally {
    await mount("umount", disk);
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("unpackParts gives back what packParts made, and refuses others", () => {
  const parts = fc.array(fc.uint8Array({ maxLength: 20 }), { maxLength: 5 });
  fc.assert(fc.property(parts, (some) => {
    assert.deepEqual(unpackParts(packParts(some)), some);
  }));
  fc.assert(fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
    try {
      unpackParts(bytes);
    } catch (error) {
      assert.ok(error instanceof ProtocolError, String(error));
    }
  }));
});

Deno.test("parseStoreChoice reads every store, and nothing else", () => {
  assert.deepEqual(parseStoreChoice("memory"), { kind: "memory" });
  assert.deepEqual(parseStoreChoice("none"), { kind: "none" });
  assert.deepEqual(parseStoreChoice("sqlite"), { kind: "sqlite" });
  assert.deepEqual(parseStoreChoice("sqlite:/a/b.db"), {
    kind: "sqlite",
    path: "/a/b.db",
  });
  const url = "postgres://user@host/db";
  assert.deepEqual(parseStoreChoice(url), { kind: "postgres", url });
  assert.deepEqual(parseStoreChoice(`postgres:${url}`), {
    kind: "postgres",
    url,
  });
  for (const wrong of ["", "mongo", "sqlite:", "postgres:", "postgres:host"]) {
    assert.throws(() => parseStoreChoice(wrong), TypeError);
  }
});

Deno.test("openStore makes a file that only its owner can read", async () => {
  const folder = await Deno.makeTempDir({ prefix: "ippd-store-" });
  try {
    const defaultPath = `${folder}/records/ippd.db`;
    const options = { defaultPath, cluster: "" };
    await using store = await openStore({ kind: "sqlite" }, options);
    assert.equal(store.kind, "sqlite");
    await store.put([taskWith({})]);
    for await (const { name } of Deno.readDir(`${folder}/records`)) {
      const { mode } = await Deno.stat(`${folder}/records/${name}`);
      assert.equal((mode ?? 0) & 0o077, 0, name);
    }
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("NoStore keeps nothing", async () => {
  await using store = new NoStore();
  await store.put();
  await store.putFunction();
  assert.deepEqual(await store.query(), []);
  assert.deepEqual(await store.get(), []);
  assert.equal(await store.count(), 0);
  assert.equal(await store.purge(), 0);
  assert.equal(await store.sweep(), 0);
  assert.equal(await store.getFunction(), undefined);
});
