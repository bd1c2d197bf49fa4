import assert from "node:assert/strict";
import { runLines } from "./run_lines.ts";

function shell(
  script: string,
  timeoutMs: number,
): { code: Promise<number | undefined>; lines: string[] } {
  const lines: string[] = [];
  const onLine = (line: string, stream: string): void => {
    lines.push(`${stream}: ${line}`);
  };
  const code = runLines("/bin/sh", ["-c", script], { timeoutMs, onLine });
  return { code, lines };
}

Deno.test("runLines gives lines as they come and the exit code", async () => {
  const { code, lines } = shell("printf 'a\\nb'; exec echo c >&2", 10_000);
  assert.equal(await code, 0);
  assert.deepEqual(lines.sort(), ["stderr: c", "stdout: a", "stdout: b"]);
  assert.equal(await shell("exit 3", 10_000).code, 3);
});

Deno.test("runLines kills what takes too long", async () => {
  assert.equal(await shell("exec sleep 60", 100).code, undefined);
});

Deno.test("runLines does not wait for those who hold the output", async () => {
  const { code, lines } = shell("sleep 4 & echo a", 20_000);
  const startedMs = performance.now();
  assert.equal(await code, 0);
  assert.deepEqual(lines, ["stdout: a"]);
  assert.ok(performance.now() - startedMs < 3_500);
});
