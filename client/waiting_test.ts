import assert from "node:assert/strict";
import { LimitError, VirtualClock } from "../base/mod.ts";
import { finish, makeRuns } from "./run_fixture_test.ts";
import { joinedSet, RunSet } from "./run_set.ts";
import { waitForRuns } from "./waiting.ts";

const NO_FEED = { stop: (): void => {} };

Deno.test("waitForRuns ends at what was asked for", async () => {
  const clock = new VirtualClock();
  const [a, b] = makeRuns(2);
  assert.ok(a && b);
  const sets = [new RunSet([a]), new RunSet([b])];
  const all = waitForRuns(sets, {}, clock);
  const any = waitForRuns(sets, { when: "any" }, clock);
  const error = waitForRuns(sets, { when: "first-error" }, clock);
  const late = waitForRuns(sets, { timeoutMs: 50 }, clock);
  clock.advance(50);
  assert.equal(await late, false);
  finish(a, 1);
  assert.equal(await any, true);
  b.fail(new LimitError("b"), 1);
  assert.equal(await error, true);
  assert.equal(await all, true);
  assert.equal(await waitForRuns(sets, { timeoutMs: 0 }, clock), true);
  assert.equal(await waitForRuns([], {}, clock), true);
});

Deno.test("waitForRuns waits for tasks that are still to come", async () => {
  const clock = new VirtualClock();
  const [a, b] = makeRuns(2);
  assert.ok(a && b);
  const open = new RunSet([a], NO_FEED);
  finish(a, 1);
  assert.equal(await waitForRuns([open], { timeoutMs: 0 }, clock), false);
  const end = waitForRuns([open], {}, clock);
  open.add(b);
  open.close();
  assert.equal(open.done, false);
  finish(b, 1);
  assert.equal(await end, true);
});

Deno.test("waitForRuns stops by its signal with the reason", async () => {
  const clock = new VirtualClock();
  const controller = new AbortController();
  const { signal } = controller;
  const end = waitForRuns([new RunSet(makeRuns(1))], { signal }, clock);
  controller.abort(new Error("enough"));
  await assert.rejects(end, /enough/);
});

Deno.test("joinedSet keeps the order of its sets while they grow", async () => {
  const runs = makeRuns(3);
  const [a, b, c] = runs;
  assert.ok(a && b && c);
  let stopped = "";
  const open = new RunSet([a], { stop: (reason) => void (stopped = reason) });
  const joined = joinedSet([open, new RunSet([c])]);
  assert.equal(joined.isOpen, true);
  joined.stopFeed("enough");
  assert.equal(stopped, "enough");
  open.add(b);
  open.close(new LimitError("short"));
  while (joined.isOpen) await joined.whenChanged();
  assert.deepEqual(joined.runs, runs);
  assert.equal(joined.problem?.message, "short");
  assert.equal(joined.hasFailed, true);
  const closed = joinedSet([new RunSet([a]), new RunSet([b])]);
  assert.equal(closed.isOpen, false);
  assert.deepEqual(closed.runs, [a, b]);
});
