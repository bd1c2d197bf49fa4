import assert from "node:assert/strict";
import type { OutputStream } from "../messages/mod.ts";
import { groupedOutput, streamText } from "./output_text.ts";
import { progressLine } from "./progress_bar.ts";
import { makeRuns } from "./run_fixture_test.ts";
import type { TaskRun } from "./task_run.ts";

function written(): TaskRun[] {
  const runs = makeRuns(2);
  const pieces: [number, OutputStream, string][] = [
    [0, "stdout", "a1\n"],
    [1, "stdout", "b1"],
    [0, "stderr", "ae\n"],
    [0, "stdout", "a2\n"],
    [0, "stdout", "a3\n"],
  ];
  for (const [order, [index, stream, text]] of pieces.entries()) {
    runs[index]?.addOutput({
      type: "output",
      client: "c",
      taskId: `c-1-${index}`,
      engineId: index + 5,
      stream,
      text,
      dropped: 0,
    }, order);
  }
  return runs;
}

Deno.test("groupedOutput puts blocks under headings, without empty lines", () => {
  const runs = written();
  assert.equal(
    groupedOutput(runs, "engine"),
    "[stdout:5]\na1\na2\na3\n[stderr:5]\nae\n[stdout:6]\nb1\n",
  );
  assert.equal(
    groupedOutput(runs, "type"),
    "[stdout:5]\na1\na2\na3\n[stdout:6]\nb1\n[stderr:5]\nae\n",
  );
  assert.equal(
    groupedOutput(runs, "order"),
    "[stdout:5]\na1\n[stdout:6]\nb1\n[stderr:5]\nae\n[stdout:5]\na2\na3\n",
  );
  assert.equal(groupedOutput(makeRuns(1), "type"), "");
  assert.equal(streamText(runs, "stdout"), "a1\na2\na3\nb1");
});

Deno.test("progressLine fits its line, with and without colours", () => {
  const state = {
    ended: 5,
    failed: 0,
    total: 10,
    isOpen: false,
    elapsedMs: 1234,
  };
  assert.equal(
    progressLine(state, 40, false),
    "[#########..........] 5/10 tasks, 1.2 s",
  );
  assert.equal(
    progressLine(state, 40, true),
    "[\x1b[32m#########\x1b[0m..........] 5/10 tasks, 1.2 s",
  );
  const failing = { ...state, failed: 2, isOpen: true };
  assert.match(
    progressLine(failing, 80, false),
    /5\/10\+ tasks, 2 failed, 1.2 s$/,
  );
  assert.equal(progressLine(state, 12, false), "5/10 tasks,");
  assert.match(
    progressLine({ ...state, ended: 0, total: 0 }, 80, false),
    /^\[#{40}\]/,
  );
});
