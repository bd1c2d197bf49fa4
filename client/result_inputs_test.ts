import assert from "node:assert/strict";
import { LimitError } from "../base/mod.ts";
import { InputReference } from "../functions/mod.ts";
import { resolveResults } from "./result_inputs.ts";
import { combined, listsJoined, valueEach } from "./result_shape.ts";
import { finish, makeResult, makeRuns } from "./run_fixture_test.ts";
import { RunSet } from "./run_set.ts";

Deno.test("resolveResults finds results at any depth, and copies what holds them", () => {
  const [one, two, three] = makeRuns(3);
  assert.ok(one && two && three);
  finish(three, "done");
  const many = makeResult([one, two], valueEach<number>());
  const single = makeResult([two]);
  const inner = { list: [single, makeResult([three])], same: 5 };
  const args = [1, many, inner, new Map([["a", 1]])];
  const found = resolveResults(args, "c-1");
  assert.ok(found);
  assert.deepEqual(found.inputs, ["c-1-0", "c-1-1"]);
  assert.equal(found.problem, undefined);
  assert.deepEqual(
    JSON.stringify(found.args.slice(0, 3)),
    JSON.stringify([
      1,
      new InputReference([0, 1], "list"),
      { list: [new InputReference([1], "one"), "done"], same: 5 },
    ]),
  );
  assert.equal(found.args[3], args[3]);
  assert.equal(inner.list[0], single);
});

Deno.test("resolveResults leaves arguments without results alone", () => {
  const loop: unknown[] = [1];
  loop.push(loop);
  assert.equal(resolveResults([loop, { a: [2] }], "c-1"), undefined);
});

Deno.test("resolveResults keeps cycles and holes", () => {
  const loop: unknown[] = [makeResult(makeRuns(1))];
  loop.push(loop);
  loop.length = 4;
  const [copy] = resolveResults([loop], "c-1")?.args ?? [];
  assert.ok(Array.isArray(copy));
  assert.equal(copy[1], copy);
  assert.equal(2 in copy, false);
  assert.ok(copy[0] instanceof InputReference);
});

Deno.test("resolveResults says that an argument has failed", () => {
  const [run] = makeRuns(1);
  run?.fail(new LimitError("bad"), 1);
  const found = resolveResults([makeResult(run ? [run] : [])], "c-1");
  assert.equal(found?.problem?.problem, "impossible");
  assert.match(found?.problem?.message ?? "", /c-1-0, whose value/);
});

Deno.test("resolveResults refuses what the scheduler cannot hand on", () => {
  const runs = makeRuns(1);
  const refused: [unknown, string, RegExp][] = [
    [makeResult(runs), "c-2", /another client/],
    [makeResult(runs, combined(() => 1)), "c-1", /await it first/],
    [
      makeResult(new RunSet([], { stop: () => {} }), listsJoined()),
      "c-1",
      /still submits/,
    ],
  ];
  for (const [result, clientId, message] of refused) {
    assert.throws(() => resolveResults([result], clientId), message);
  }
});
