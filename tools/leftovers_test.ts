import assert from "node:assert/strict";
import { findLeftovers, type ProcessEntry, RUN_VARIABLE } from "./leftovers.ts";

const QUERY = {
  run: "r1",
  programs: ["/p/main.ts", "/p/engine/"],
  before: new Set([5]),
};

function entry(
  pid: number,
  parentPid: number,
  command: string,
  run?: string,
): ProcessEntry {
  const environment = run === undefined
    ? "A=1\0B=2"
    : `A=1\0${RUN_VARIABLE}=${run}\0B=2`;
  return { pid, parentPid, command, environment };
}

function pids(...entries: ProcessEntry[]): number[] {
  return findLeftovers(entries, QUERY).map(({ pid }) => pid);
}

Deno.test("findLeftovers finds what has the run's variable", () => {
  assert.deepEqual(
    pids(entry(2, 1, "sleep 9", "r1"), entry(3, 1, "sleep 9", "r12")),
    [2],
  );
});

Deno.test("findLeftovers finds abandoned processes without variables", () => {
  const engine = entry(10, 1, "deno run -A /p/main.ts engine");
  const slot = entry(11, 10, "deno run -A /p/engine/slot_program.ts");
  assert.deepEqual(pids(engine, slot), [10, 11]);
});

Deno.test("findLeftovers leaves other people's processes alone", () => {
  const shell = entry(20, 1, "sh");
  const engine = entry(21, 20, "deno run -A /p/main.ts engine");
  const older = entry(5, 1, "deno run -A /p/main.ts hub");
  const otherRun = entry(23, 1, "deno run -A /p/main.ts hub", "r2");
  const elsewhere = entry(24, 1, "deno run -A /q/main.ts hub");
  assert.deepEqual(pids(shell, engine, older, otherRun, elsewhere), []);
});
