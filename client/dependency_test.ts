import assert from "node:assert/strict";
import { LimitError } from "../base/mod.ts";
import { Dependency, resolveDependency } from "./dependency.ts";
import { finish, makeResult, makeRuns } from "./run_fixture_test.ts";
import { RunSet } from "./run_set.ts";

Deno.test("resolveDependency drops what is met, whatever the mode", () => {
  // g ended well, b badly, w waits.
  const table: [string, "all" | "any", boolean, boolean, string][] = [
    ["g", "all", true, false, "met"],
    ["b", "all", true, false, "impossible"],
    ["gb", "all", true, false, "impossible"],
    ["gw", "all", true, false, "w"],
    ["bw", "all", true, false, "impossible"],
    ["gb", "all", true, true, "met"],
    ["bw", "all", false, true, "w"],
    ["g", "all", false, true, "impossible"],
    ["gb", "any", true, false, "met"],
    ["b", "any", true, false, "impossible"],
    ["bw", "any", true, false, "w"],
    ["gw", "any", true, false, "met"],
    ["gw", "any", false, true, "w"],
    ["gb", "any", false, true, "met"],
  ];
  for (const [kinds, mode, success, failure, expected] of table) {
    const results = [...kinds].map((kind, index) => {
      const [run] = makeRuns(index + 1).slice(-1);
      assert.ok(run);
      if (kind === "g") finish(run, 1);
      if (kind === "b") run.fail(new LimitError("b"), 1);
      return makeResult([run]);
    });
    const dependency = Dependency[mode](results, { success, failure });
    const left = resolveDependency(dependency, "c-1");
    const found = left.problem !== undefined
      ? "impossible"
      : left.terms === undefined
      ? "met"
      : "w";
    assert.equal(found, expected, `${mode} of ${kinds}`);
    if (left.terms === undefined) continue;
    assert.deepEqual(left.terms, {
      ids: [results[kinds.indexOf("w")]?.taskIds[0]],
      mode,
      success,
      failure,
    });
  }
});

Deno.test("resolveDependency leaves ids to the scheduler, and checks their owner", () => {
  const dependency = Dependency.all(["c-1-7", "c-1-8.0"]);
  assert.deepEqual(resolveDependency(dependency, "c-1").terms?.ids, [
    "c-1-7",
    "c-1-8.0",
  ]);
  assert.throws(() => resolveDependency(dependency, "c-2"), /another client/);
  const open = makeResult(new RunSet([], { stop: () => {} }));
  assert.throws(
    () => resolveDependency(Dependency.all(open), "c-1"),
    /still submits tasks/,
  );
});

Deno.test("resolveDependency says where tasks have run", () => {
  const runs = makeRuns(2);
  for (const run of runs) finish(run, 1);
  const { engines } = resolveDependency(
    Dependency.all(runs.map((run) => makeResult([run]))),
    "c-1",
  );
  assert.deepEqual(engines, [3]);
});

Deno.test("Dependency.from takes results, ids, dependencies and lists", () => {
  const result = makeResult(makeRuns(2));
  assert.deepEqual(Dependency.from(result).ids, ["c-1-0", "c-1-1"]);
  assert.deepEqual(Dependency.from("c-1-5").ids, ["c-1-5"]);
  assert.deepEqual(Dependency.from(["a", result]).ids, ["a", "c-1-0", "c-1-1"]);
  const any = Dependency.any("a");
  assert.equal(Dependency.from(any), any);
  assert.equal(Dependency.from([any]), any);
  assert.deepEqual(Dependency.from([Dependency.all("a"), "b"]).ids, ["a", "b"]);
  assert.throws(() => Dependency.from([any, "b"]), /different dependencies/);
  assert.throws(() => Dependency.from([]), /Cannot depend on nothing/);
  for (const wrong of [5, null, {}, [undefined], ""]) {
    assert.throws(() => Dependency.from(wrong as never), TypeError);
  }
});
