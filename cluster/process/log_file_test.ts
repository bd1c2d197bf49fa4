import assert from "node:assert/strict";
import { join } from "node:path";
import { utf8 } from "../../base/mod.ts";
import { LogFile } from "./log_file.ts";

Deno.test("LogFile leaves no file when nothing is written", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const log = new LogFile({ folder: join(folder, "log"), name: "a.log" });
    log.close();
    assert.deepEqual(await Array.fromAsync(Deno.readDir(folder)), []);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("LogFile writes for its owner alone and stops at its limit", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const log = new LogFile({ folder, name: "a.log", bytesMax: 8 });
    log.write(utf8("12345"));
    log.write(utf8("67890"));
    log.write(utf8("never"));
    const text = await Deno.readTextFile(log.path);
    assert.match(text, /^1234567890\n\[the file has reached its limit/);
    assert.doesNotMatch(text, /never/);
    const { mode } = await Deno.stat(log.path);
    assert.equal((mode ?? 0) & 0o777, 0o600);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("LogFile goes on without a file when none can be made", () => {
  const log = new LogFile({ folder: "/dev/null/no", name: "a.log" });
  log.write(utf8("text"));
  log.write(utf8("text"));
  log.close();
});
