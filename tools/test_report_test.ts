import assert from "node:assert/strict";
import {
  addCounts,
  closingLine,
  FAILURE_LINES_MAX,
  TestOutput,
} from "./test_report.ts";

function read(lines: readonly string[]): TestOutput {
  const output = new TestOutput();
  for (const line of lines) output.line(line);
  return output;
}

Deno.test("TestOutput reads the summary, coloured or not", () => {
  const passed = read(["a ... ok (1ms)", "ok | 12 passed | 0 failed (2s)"]);
  assert.deepEqual(passed.finish(0), { passed: 12, failed: 0, skipped: 0 });
  const failed = read([
    "\x1b[31mFAILED\x1b[0m | 1 passed (2 steps) | 3 failed (1 step) | 4 ignored \x1b[38;5;245m(22ms)\x1b[0m",
  ]);
  assert.deepEqual(failed.finish(1), { passed: 1, failed: 3, skipped: 4 });
});

Deno.test("TestOutput names the tests that did not run", () => {
  const output = read([
    "libzmq answers: no python3 ... \x1b[33mignored\x1b[0m (0ms)",
    "  step ... ignored (0ms)",
  ]);
  assert.deepEqual(output.skippedNames, ["libzmq answers: no python3"]);
});

Deno.test("TestOutput keeps what is said about failures, up to a limit", () => {
  const said = [
    "\x1b[0m\x1b[37m\x1b[41m ERRORS \x1b[0m",
    "",
    "a => ./a.ts:1:6",
  ];
  const end = "FAILED | 1 passed | 1 failed (1ms)";
  const output = read(["a ... ok", ...said, end, "afterwards"]);
  assert.deepEqual(output.failureLines, [" ERRORS ", "", "a => ./a.ts:1:6"]);
  assert.deepEqual(read(["a ... ok", end]).failureLines, []);
  const many = Array.from({ length: 2 * FAILURE_LINES_MAX }, () => "at line");
  const { failureLines } = read([" ERRORS ", ...many, end]);
  assert.equal(failureLines.length, FAILURE_LINES_MAX);
});

Deno.test("TestOutput counts a failure when a process ends badly", () => {
  assert.equal(read([]).finish(0).failed, 1);
  assert.equal(read([]).finish(137).failed, 1);
  assert.equal(read(["ok | 3 passed | 0 failed (2s)"]).finish(1).failed, 1);
});

Deno.test("TestOutput believes the last summary", () => {
  const forged = "ok | 999 passed | 0 failed (1ms)";
  const own = "FAILED | 1 passed | 1 failed (1ms)";
  assert.equal(read([forged, own]).finish(1).passed, 1);
});

Deno.test("closingLine names skipped tests only when there are some", () => {
  const counts = { passed: 5, failed: 0, skipped: 0 };
  assert.equal(closingLine(counts), "5 passed, 0 failed");
  const more = addCounts(counts, { passed: 0, failed: 1, skipped: 2 });
  assert.equal(closingLine(more), "5 passed, 1 failed, 2 skipped");
});
