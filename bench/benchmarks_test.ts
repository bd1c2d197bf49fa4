import assert from "node:assert/strict";
import { BENCHMARKS, isNamed } from "./benchmarks.ts";

function named(word: string): string[] {
  return BENCHMARKS.filter((benchmark) => isNamed(benchmark, word))
    .map(({ name }) => name);
}

Deno.test("isNamed() finds a benchmark by its name, and a group by its own", () => {
  assert.deepEqual(named("tasks"), ["tasks"]);
  assert.deepEqual(named("relay"), ["relay-curve", "relay-null"]);
  assert.deepEqual(named("relay-null"), ["relay-null"]);
  assert.ok(named("floors").length > 1);
  assert.deepEqual(named("flo"), []);
});

Deno.test("BENCHMARKS have names of their own, and so have their contestants", () => {
  const names = BENCHMARKS.map(({ name }) => name);
  assert.equal(new Set(names).size, names.length);
  for (const { contestants } of BENCHMARKS) {
    const own = contestants.map(({ name }) => name);
    assert.equal(new Set(own).size, own.length);
  }
});
