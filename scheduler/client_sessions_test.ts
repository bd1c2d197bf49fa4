import assert from "node:assert/strict";
import type { TaskTerms } from "../messages/mod.ts";
import { Bench, request } from "./scheduler_fixture_test.ts";
import { STRAYS_PER_CLIENT_MAX } from "./client_sessions.ts";
import { TAKEN_TELL_MS } from "./taken_outcomes.ts";
import { SCHEDULER_LIMITS, type SchedulerLimits } from "./scheduler_limits.ts";

/** A scheduler with an engine `e0`, and a client `c` that has a session. */
function bench(limits: Partial<SchedulerLimits> = {}): Bench {
  const bench = new Bench({ limits, newSession: () => "s1" });
  bench.engine(0, 8);
  resume(bench);
  bench.take("client_resumed");
  return bench;
}

function resume(bench: Bench, session = "", received = 0): void {
  bench.state.clientResume("c", { type: "client_resume", session, received });
}

/** Runs tasks of the client to their end. */
function run(bench: Bench, ...ids: string[]): void {
  for (const id of ids) {
    bench.submit(id);
    assert.ok(bench.finish("e0", id, 0, [new Uint8Array(10)]));
  }
}

/** What engines were told to forget, with the time that it takes. */
function taken(bench: Bench): string[] {
  bench.clock.advance(TAKEN_TELL_MS);
  return bench.take("outcomes_taken").flatMap(({ message }) => message.ids);
}

Deno.test("ClientSessions sends again what a client has not acknowledged", () => {
  const one = bench();
  run(one, "c-0", "c-1", "c-2");
  assert.deepEqual(one.outcomes(), ["c-0:ok", "c-1:ok", "c-2:ok"]);
  assert.deepEqual(taken(one), []);
  one.state.outcomesAck("c", 1);
  assert.deepEqual(taken(one), ["c-0"]);
  assert.ok(one.state.clientAway("c"));
  resume(one, "s1", 2);
  const [{ message } = assert.fail()] = one.take("client_resumed");
  assert.deepEqual([message.session, message.next], ["s1", 2]);
  assert.deepEqual(one.outcomes(), ["c-2:ok"]);
  assert.deepEqual(taken(one), ["c-1"]);
});

Deno.test("ClientSessions keeps what ends while a client is away, and says it then", () => {
  const one = bench();
  one.submit("c-0");
  one.state.clientAway("c");
  one.finish("e0", "c-0");
  assert.deepEqual(one.outcomes(), []);
  resume(one, "s1", 0);
  assert.deepEqual(one.outcomes(), ["c-0:ok"]);
});

Deno.test("ClientSessions does not believe counts of another session", () => {
  const one = bench();
  run(one, "c-0");
  one.outcomes();
  one.state.clientAway("c");
  resume(one, "another", 1);
  assert.deepEqual(one.outcomes(), ["c-0:ok"]);
  assert.deepEqual(taken(one), []);
});

Deno.test("ClientSessions keeps the tasks of a client that is away for clientGraceMs", () => {
  const one = bench();
  one.submit("c-0");
  one.submit("c-1");
  run(one, "c-2");
  one.said = [];
  one.state.clientAway("c");
  one.clock.advance(SCHEDULER_LIMITS.clientGraceMs - 1);
  assert.deepEqual(one.said, []);
  assert.equal(one.state.counts.running, 2);
  one.clock.advance(1);
  const cancelled = one.take("task_cancel").flatMap(({ message }) =>
    message.ids
  );
  assert.deepEqual(cancelled.toSorted(), ["c-0", "c-1"]);
  // Its engine need not keep what nobody will ask for.
  assert.deepEqual(taken(one), ["c-2"]);
});

Deno.test("ClientSessions gives a client up that leaves keptPerClientMax outcomes", () => {
  const one = bench({ keptPerClientMax: 2 });
  run(one, "c-0", "c-1");
  one.submit("c-3");
  assert.deepEqual(taken(one), []);
  run(one, "c-2");
  assert.deepEqual(taken(one).toSorted(), ["c-0", "c-1", "c-2"]);
  const [cancel] = one.take("task_cancel");
  assert.deepEqual(cancel?.message.ids, ["c-3"]);
});

Deno.test("ClientSessions lets the oldest values go above keptBytesPerClientMax", () => {
  const one = bench({ keptBytesPerClientMax: 25 });
  one.state.clientAway("c");
  run(one, "c-0", "c-1", "c-2");
  resume(one, "s1", 0);
  assert.deepEqual(one.outcomes(), ["c-0:refused", "c-1:ok", "c-2:ok"]);
});

Deno.test("ClientSessions keeps nothing for a client without a session", () => {
  const one = new Bench();
  one.engine(0);
  run(one, "c-0");
  assert.deepEqual(one.outcomes(), ["c-0:ok"]);
  assert.deepEqual(taken(one), ["c-0"]);
  assert.equal(one.state.clientAway("c"), false);
});

Deno.test("a task that waits for another stays with the engine that has run it", () => {
  const one = new Bench({ newSession: () => "s2" });
  one.state.engineJoined({
    ...{ engineId: 0, routingId: "e0", slots: 2, labels: {}, resources: {} },
  });
  one.state.recover(false);
  one.state.engineReady("e0", 2, ["c-1"]);
  resume(one, "s1", 0);
  const again = (id: string, terms?: TaskTerms): void =>
    one.state.taskRequest(
      "c",
      { ...request(id, [], "balanced"), terms, resent: 0 },
      [],
    );
  again("c-0");
  const rest = { mode: "all", success: true, failure: true } as const;
  again("c-1", { after: { ids: ["c-0"], ...rest } });
  one.said = [];
  // Its connection is cut, and it says once more what it has.
  one.state.engineDisconnected("e0");
  one.state.engineReady("e0", 2, ["c-0", "c-1"]);
  assert.deepEqual(one.take("task_cancel"), []);
  assert.deepEqual(taken(one), []);
  one.finish("e0", "c-0");
  const [{ message } = assert.fail()] = one.take("task_assign");
  assert.deepEqual([message.id, message.isHeld], ["c-1", true]);
  // For an engine that had to forget it, and runs it again.
  assert.equal(message.attempt, 2);
});

Deno.test("a task on its way to an engine is not sent again because it says that it is ready", () => {
  const one = bench();
  one.submit("c-0");
  assert.deepEqual(one.assigned(), ["c-0>e0"]);
  // Its hub may have been away, while our connection stood.
  one.state.engineReady("e0", 8, []);
  assert.deepEqual(one.assigned(), []);
  one.state.engineDisconnected("e0");
  one.state.engineReady("e0", 8, []);
  assert.deepEqual(one.assigned(), ["c-0>e0"]);
});

Deno.test("ClientSessions has an engine forget what the client has of another run", () => {
  const one = bench();
  one.engine(1, 8);
  run(one, "c-0");
  // The other engine has run it too, and says so before the client has it.
  assert.equal(one.finish("e1", "c-0", 1), false);
  assert.deepEqual(taken(one), []);
  one.state.outcomesAck("c", 1);
  one.clock.advance(TAKEN_TELL_MS);
  const told = one.take("outcomes_taken").map(({ to }) => to);
  assert.deepEqual(told.sort(), ["e0", "e1"]);
  // And again, when the client has it already.
  assert.equal(one.finish("e1", "c-0", 1), false);
  one.clock.advance(TAKEN_TELL_MS);
  assert.deepEqual(one.take("outcomes_taken").map(({ to }) => to), ["e1"]);
});

Deno.test("ClientSessions notes only so many outcomes of other runs", () => {
  const one = bench();
  one.engine(1, 8);
  run(one, "c-0");
  for (let count = 0; count <= STRAYS_PER_CLIENT_MAX; count++) {
    one.finish("e1", "c-0", 1);
  }
  one.state.outcomesAck("c", 1);
  assert.equal(taken(one).length, STRAYS_PER_CLIENT_MAX + 1);
});

Deno.test("ClientSessions says of a task that is refused that it may have run twice", () => {
  const one = bench();
  one.engine(1, 8);
  one.state.engineLeft(1, { reason: "killed" });
  const direct = request("c-0", [1], "direct");
  one.state.taskRequest("c", direct, []);
  // In a session that is over, where it may have been retried.
  one.state.taskRequest("c", { ...direct, id: "c-1", resent: 0 }, []);
  const told = one.take("task_outcome").map(({ message }) => message.attempts);
  assert.deepEqual(told, [undefined, 2]);
});

Deno.test("ClientSessions says of a task that is refused how often it may have run", () => {
  const one = bench();
  one.engine(1, 8);
  one.state.engineLeft(1, { reason: "killed" });
  one.state.taskRequest("c", {
    ...request("c-0", [1], "direct"),
    resent: 2,
  }, []);
  const [told = assert.fail()] = one.take("task_outcome");
  assert.equal(told.message.status, "engine_lost");
  // In two sessions that it knows of, and in the one that was over then.
  assert.equal(told.message.attempts, 3);
});
