import assert from "node:assert/strict";
import {
  type DependencyVerdict,
  DependencyWatch,
  followPlace,
} from "./dependency_policy.ts";

type Row = readonly [
  mode: "all" | "any",
  counts: "success" | "failure" | "both",
  ends: string,
  verdict: DependencyVerdict,
];

/** In `ends`, each letter is the end of a task: o is well, x is badly, - none yet. */
const TRUTH: readonly Row[] = [
  ["all", "success", "", "met"],
  ["all", "success", "--", "waiting"],
  ["all", "success", "o-", "waiting"],
  ["all", "success", "oo", "met"],
  ["all", "success", "x-", "impossible"],
  ["all", "success", "ox", "impossible"],
  ["all", "failure", "x-", "waiting"],
  ["all", "failure", "xx", "met"],
  ["all", "failure", "o-", "impossible"],
  ["all", "failure", "xo", "impossible"],
  ["all", "both", "x-", "waiting"],
  ["all", "both", "xo", "met"],
  ["any", "success", "", "met"],
  ["any", "success", "--", "waiting"],
  ["any", "success", "o-", "met"],
  ["any", "success", "x-", "waiting"],
  ["any", "success", "xo", "met"],
  ["any", "success", "xx", "impossible"],
  ["any", "failure", "o-", "waiting"],
  ["any", "failure", "x-", "met"],
  ["any", "failure", "oo", "impossible"],
  ["any", "both", "--", "waiting"],
  ["any", "both", "x-", "met"],
  ["any", "both", "o-", "met"],
];

for (const [mode, counts, ends, verdict] of TRUTH) {
  Deno.test(`DependencyWatch says ${verdict} of ${mode} ${counts} after "${ends}"`, () => {
    const ids = [...ends].map((_, index) => `t${index}`);
    const watch = new DependencyWatch({
      ids,
      mode,
      success: counts !== "failure",
      failure: counts !== "success",
    });
    for (const [index, end] of [...ends].entries()) {
      if (end === "-") continue;
      watch.ended(`t${index}`, { ok: end === "o", engineId: index });
    }
    assert.equal(watch.verdict, verdict);
    assert.equal(watch.why === "", verdict !== "impossible");
  });
}

Deno.test("DependencyWatch remembers where tasks ran that count", () => {
  const watch = new DependencyWatch({
    ids: ["a", "b", "c"],
    mode: "any",
    success: false,
    failure: true,
  });
  watch.ended("a", { ok: true, engineId: 1 });
  watch.ended("b", { ok: false, engineId: 2 });
  watch.ended("c", { ok: false, engineId: 3 });
  assert.deepEqual([...watch.engines], [2, 3]);
});

Deno.test("followPlace() finds the engines, or says why there is none", () => {
  const present = (id: number): boolean => id < 5;
  const place = (
    mode: "all" | "any",
    ran: number[],
    targets: number[] = [],
  ): unknown => {
    const found = followPlace(mode, new Set(ran), targets, present);
    return "problem" in found ? found.problem : found.engines;
  };
  assert.deepEqual(place("all", [1]), [1]);
  assert.deepEqual(place("any", [1, 2]), [1, 2]);
  assert.deepEqual(place("any", [1, 2, 9], [2, 3, 9]), [2]);
  assert.equal(
    place("all", [2, 1]),
    "the tasks that it follows ran on different engines: 1, 2",
  );
  assert.equal(place("any", []), "the tasks that it follows ran on no engine");
  assert.equal(
    place("any", [1], [2]),
    "the tasks that it follows ran outside of its targets",
  );
  assert.equal(place("all", [9]), "engine 9, which it follows, is gone");
});
