import assert from "node:assert/strict";
import type { TaskOutcome, TaskTerms } from "../messages/mod.ts";
import { Bench, outcome, request } from "./scheduler_fixture_test.ts";

const RETRIES = { max: 2, on: "any", backoffMs: 0 } as const;

/** A scheduler that began anew; an engine claims a task, and is asked. */
function adopted(terms?: TaskTerms): Bench {
  const bench = new Bench({ newSession: () => "s2" });
  bench.engine(0);
  bench.state.engineDisconnected("e0");
  bench.state.engineReady("e0", 1, ["c-0"]);
  bench.state.clientResume("c", {
    type: "client_resume",
    session: "s1",
    received: 0,
  });
  const asked = { ...request("c-0", [], "balanced"), terms, resent: 0 };
  bench.state.taskRequest("c", asked, []);
  const [{ message } = assert.fail()] = bench.take("task_assign");
  assert.deepEqual([message.isHeld, message.attempt], [true, 2]);
  bench.said = [];
  return bench;
}

/** The `attempts` in what the client of the only outcome is told. */
function attemptsIn(bench: Bench, said: TaskOutcome): number | undefined {
  bench.state.taskOutcome("e0", said, []);
  const [{ message } = assert.fail()] = bench.take("task_outcome");
  return message.attempts;
}

Deno.test("withAttempts() says once of a claimed task that ran once", () => {
  assert.equal(attemptsIn(adopted(), outcome("c-0", "ok", 1)), undefined);
  const failed = outcome("c-0", "error", 1);
  assert.equal(attemptsIn(adopted(), failed), undefined);
});

Deno.test("withAttempts() believes an engine that others may have run a task", () => {
  const said = { ...outcome("c-0", "ok", 1), attempts: 2 };
  assert.equal(attemptsIn(adopted(), said), 2);
});

Deno.test("withAttempts() says more of a claimed task that was perhaps retried", () => {
  const good = outcome("c-0", "ok", 1);
  assert.equal(attemptsIn(adopted({ retries: RETRIES }), good), undefined);
  // The scheduler before may have heard of this end, and had it run again.
  const bench = adopted({ retries: RETRIES });
  bench.state.taskCancel("c", ["c-0"], "no");
  assert.equal(attemptsIn(bench, outcome("c-0", "engine_lost", 1)), 2);
});

Deno.test("an engine may forget an outcome whose task is retried", () => {
  const bench = new Bench();
  bench.engine(0);
  bench.ask("c-0", { retries: RETRIES });
  bench.said = [];
  assert.ok(bench.fail("e0", "c-0"));
  // First, so that it does not forget how the next run ends.
  assert.deepEqual(bench.said.map(({ to, message }) => [to, message.type]), [
    ["e0", "outcomes_taken"],
    ["e0", "task_assign"],
  ]);
});

Deno.test("nothing is heard of an engine that has not been let in", () => {
  const bench = new Bench();
  bench.engine(0);
  bench.state.engineDisconnected("e0");
  bench.said = [];
  // It says so again once it is: until then it must not forget it.
  assert.equal(bench.finish("e0", "c-9"), false);
  assert.deepEqual(bench.said, []);
});
