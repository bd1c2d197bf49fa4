import assert from "node:assert/strict";
import type { TaskAssign } from "../messages/mod.ts";
import { assign, ok } from "./engine_state_fixture_test.ts";
import { OutcomeDesk } from "./outcome_desk.ts";

/** A desk, and what it does. */
function made() {
  const story: string[] = [];
  const runs: TaskAssign[] = [];
  const desk = new OutcomeDesk({
    limits: { finishedTasksMax: 9, finishedBytesMax: 9 },
    tally: undefined,
    effects: {
      sendOutcome: ({ id, status, attempts = 1 }) =>
        void story.push(`${id} ${status} ${attempts}`),
      outcomeDropped: ({ id }) => void story.push(`${id} unheard`),
    },
    run: (task) => void runs.push(task),
  });
  const told = (): string[] => story.splice(0);
  return { desk, runs, told };
}

Deno.test("OutcomeDesk answers for a task that has ended", () => {
  const { desk, told } = made();
  assert.ok(!desk.answers(assign("a"), []));
  desk.ended(ok("a"), []);
  assert.ok(desk.answers(assign("a"), []));
  assert.ok(desk.answers({ ...assign("a"), attempt: 2, isHeld: true }, []));
  assert.deepEqual(told(), ["a ok 1", "a ok 1", "a ok 1"]);
  assert.ok(!desk.answers({ ...assign("a"), attempt: 2 }, []));
  assert.equal(desk.untaken, 0);
  // What it has forgotten runs again.
  assert.ok(
    !desk.answers({ ...assign("a"), attempt: 2, isHeld: true }, []),
  );
});

Deno.test("OutcomeDesk says nothing of a task that nobody wants", () => {
  const { desk, runs, told } = made();
  desk.taken("a", true);
  assert.deepEqual([...desk.holding(["a", "b"])], ["b"]);
  desk.ended(ok("a"), []);
  assert.deepEqual(told(), ["a unheard"]);
  assert.equal(desk.untaken, 0);
  assert.deepEqual(runs, []);
  desk.ended(ok("a"), []);
  assert.deepEqual(told(), ["a ok 1"]);
});

Deno.test("OutcomeDesk has a task that is given again wait for its last run", () => {
  const { desk, runs, told } = made();
  desk.taken("a", true);
  assert.ok(desk.answers({ ...assign("a"), attempt: 2 }, []));
  assert.deepEqual([...desk.holding(["a"])], ["a"]);
  desk.doubted();
  desk.ended(ok("a"), []);
  assert.deepEqual(told(), ["a unheard"]);
  assert.deepEqual(runs.map(({ id, attempt }) => [id, attempt]), [["a", 3]]);
});

Deno.test("OutcomeDesk calls off a task that was given again", () => {
  const { desk, runs, told } = made();
  assert.ok(!desk.calledOff("a"));
  desk.taken("a", true);
  assert.ok(!desk.calledOff("a"));
  desk.answers(assign("a"), []);
  assert.ok(desk.calledOff("a"));
  desk.ended(ok("a"), []);
  assert.deepEqual(told(), ["a unheard"]);
  assert.deepEqual(runs, []);
});

Deno.test("OutcomeDesk forgets a task that was given back", () => {
  const { desk, told } = made();
  desk.taken("a", true);
  desk.returned("a");
  assert.ok(!desk.answers(assign("a"), []));
  desk.ended(ok("a"), []);
  assert.deepEqual(told(), ["a ok 1"]);
});

Deno.test("OutcomeDesk counts once more what others may have been given", () => {
  const { desk, told } = made();
  desk.ended({ ...ok("a"), attempts: 2 }, []);
  told();
  desk.doubted();
  desk.tellAgain();
  assert.deepEqual(told(), ["a ok 3"]);
});
