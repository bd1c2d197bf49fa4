import assert from "node:assert/strict";
import { join } from "node:path";
import { createLogger, silentLogger } from "../base/mod.ts";
import type { AuditRecord } from "../hub/mod.ts";
import { encodeZ85 } from "../security/mod.ts";
import { auditText, readAudit } from "./audit_lines.ts";
import { AUDIT_FILES_MAX, auditFiles, AuditLogFile } from "./audit_log_file.ts";

const KEY = encodeZ85(new Uint8Array(32).fill(0xab));

function record(count: number, detail: string): AuditRecord {
  return {
    act: "refused",
    seenBy: "hub",
    publicKey: KEY,
    name: "alice",
    count,
    detail,
  };
}

async function inIppdDir(
  use: (folder: string) => Promise<void>,
): Promise<void> {
  const folder = await Deno.makeTempDir();
  const before = Deno.env.get("IPPD_DIR");
  Deno.env.set("IPPD_DIR", folder);
  try {
    await use(join(folder, "default", "log"));
  } finally {
    if (before === undefined) Deno.env.delete("IPPD_DIR");
    else Deno.env.set("IPPD_DIR", before);
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("AuditLogFile writes private lines that readAudit reads", async () => {
  await inIppdDir(async (folder) => {
    const options = { folder, now: () => 0, log: silentLogger };
    const blue = new AuditLogFile({ ...options, clusterId: "blue" });
    const red = new AuditLogFile({ ...options, clusterId: "red" });
    blue.write([record(1, "a"), { ...record(2, "b"), name: "bob" }]);
    red.write([record(3, "\u001b[31mred\n")]);
    const [line] = await readAudit({ lines: 10 });
    assert.deepEqual(line, {
      time: "1970-01-01T00:00:00.000Z",
      clusterId: "blue",
      act: "refused",
      seenBy: "hub",
      name: "alice",
      fingerprint: "abab-abab-abab-abab",
      count: 1,
      detail: "a",
    });
    const counts = async (
      filter: { key?: string; clusterId?: string },
      lines = 10,
    ): Promise<number[]> =>
      (await readAudit({ ...filter, lines })).map(({ count }) => count);
    assert.deepEqual(await counts({}), [1, 2, 3]);
    assert.deepEqual(await counts({}, 2), [2, 3]);
    assert.deepEqual(await counts({ key: "alice" }), [1, 3]);
    assert.deepEqual(await counts({ key: "abab-abab-abab-abab" }), [1, 2, 3]);
    assert.deepEqual(await counts({ clusterId: "red" }), [3]);
    const shown = auditText(await readAudit({ clusterId: "red", lines: 1 }));
    assert.match(shown, /\?\[31mred\?\n$/);
    const path = join(folder, "audit.jsonl");
    assert.equal(((await Deno.stat(path)).mode ?? 0) & 0o777, 0o600);
  });
});

Deno.test("AuditLogFile keeps to its bytes and its files", async () => {
  await inIppdDir(async (folder) => {
    const file = new AuditLogFile({
      folder,
      clusterId: "",
      now: () => 0,
      log: silentLogger,
      bytesMax: 1_000,
    });
    for (let count = 1; count <= 200; count++) file.write([record(count, "")]);
    const sizes: number[] = [];
    for (const path of auditFiles(folder)) {
      sizes.push((await Deno.stat(path)).size);
    }
    assert.equal(sizes.length, AUDIT_FILES_MAX);
    assert.ok(sizes.every((size) => size < 1_200), sizes.join());
    assert.equal(
      (await Array.fromAsync(Deno.readDir(folder))).length,
      AUDIT_FILES_MAX,
    );
    const counts = (await readAudit({ lines: 1_000 })).map((one) => one.count);
    assert.deepEqual(
      counts,
      Array.from(
        { length: counts.length },
        (_, at) => 201 - counts.length + at,
      ),
    );
    assert.ok(counts.length > 15);
  });
});

Deno.test("AuditLogFile says once that it cannot write, and goes on", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const lines: string[] = [];
    const path = join(folder, "a file");
    await Deno.writeTextFile(path, "");
    const file = new AuditLogFile({
      folder: path,
      clusterId: "",
      now: () => 0,
      log: createLogger({ write: (line) => lines.push(line), now: () => 0 }),
    });
    for (let times = 0; times < 3; times++) file.write([record(1, "")]);
    assert.equal(lines.length, 1);
    assert.match(lines[0] ?? "", /audit cannot be written/);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
