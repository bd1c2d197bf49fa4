import assert from "node:assert/strict";
import { Bench } from "./scheduler_fixture_test.ts";

const UNTAKEN_BYTES_MAX = 1_000;
const RESULT = [new Uint8Array(600)];

/** A client `c` whose session has begun, and one engine of two slots. */
function bench(): Bench {
  const bench = new Bench({
    hwm: 1,
    limits: { untakenBytesPerClientMax: UNTAKEN_BYTES_MAX },
  });
  bench.engine(0, 2);
  bench.state.clientResume("c", {
    type: "client_resume",
    session: "",
    received: 0,
  });
  return bench;
}

/** Results until the client is held: one may be of any size, then 1,000. */
function fillUp(bench: Bench): void {
  for (const id of ["c-0", "c-1", "c-2", "c-3", "c-4"]) bench.submit(id);
  for (const id of ["c-0", "c-1", "c-2"]) bench.finish("e0", id, 0, RESULT);
  // The third came while the fourth was on its way.
  assert.deepEqual(bench.assigned(), ["c-0>e0", "c-1>e0", "c-2>e0", "c-3>e0"]);
}

Deno.test("SchedulerState gives no work out for a client that does not take its values", () => {
  const one = bench();
  fillUp(one);
  one.finish("e0", "c-3", 0, RESULT);
  assert.deepEqual(one.assigned(), []);
  // Direct tasks wait as well.
  one.submit("c-5", [0], "direct");
  assert.deepEqual(one.assigned(), []);
  assert.equal(one.state.counts.queued, 2);
});

Deno.test("SchedulerState goes on when a slow client has taken half", () => {
  const one = bench();
  fillUp(one);
  one.submit("c-5", [0], "direct");
  one.finish("e0", "c-3", 0, RESULT);
  one.state.outcomesAck("c", 2);
  // Those behind the oldest are still more than half.
  assert.deepEqual(one.assigned(), []);
  one.state.outcomesAck("c", 3);
  assert.deepEqual(one.assigned().sort(), ["c-4>e0", "c-5.0>e0"]);
  for (const id of ["c-4", "c-5.0"]) one.finish("e0", id);
  one.state.outcomesAck("c", 6);
  assert.equal(one.state.counts.queued, 0);
  assert.equal(one.state.residue.placements, 0);
});

Deno.test("SchedulerState serves others past a client that does not take its values", () => {
  const one = bench();
  fillUp(one);
  one.finish("e0", "c-3", 0, RESULT);
  for (let count = 0; count < 5; count++) {
    for (const id of [`d-${count}`, `d-x${count}`]) one.submit(id);
    assert.deepEqual(one.assigned(), [`d-${count}>e0`, `d-x${count}>e0`]);
    for (const id of [`d-${count}`, `d-x${count}`]) one.finish("e0", id);
  }
  // A third waits for room, and comes when there is some.
  for (const id of ["d-a", "d-b", "d-c"]) one.submit(id);
  one.finish("e0", "d-a");
  assert.deepEqual(one.assigned(), ["d-a>e0", "d-b>e0", "d-c>e0"]);
});

Deno.test("SchedulerState forgets the tasks of a slow client that is gone", () => {
  const one = bench();
  fillUp(one);
  one.submit("c-5", [0], "direct");
  one.finish("e0", "c-3", 0, RESULT);
  one.state.clientGone("c");
  assert.deepEqual(one.assigned(), []);
  assert.equal(one.state.counts.queued, 0);
  assert.equal(one.state.residue.placements, 0);
  one.submit("d-0");
  assert.deepEqual(one.assigned(), ["d-0>e0"]);
});

Deno.test("SchedulerState cancels what waits for a slow client", () => {
  const one = bench();
  fillUp(one);
  one.finish("e0", "c-3", 0, RESULT);
  one.take("task_outcome");
  one.state.taskCancel("c", ["c-4"], "not needed");
  assert.deepEqual(one.outcomes(), ["c-4:cancelled"]);
  one.state.outcomesAck("c", 5);
  one.submit("c-6");
  assert.deepEqual(one.assigned(), ["c-6>e0"]);
});

Deno.test("SchedulerState numbers the outcomes of a session", () => {
  const one = bench();
  for (const id of ["c-0", "c-1"]) one.submit(id);
  for (const id of ["c-1", "c-0"]) one.finish("e0", id);
  const places = () =>
    one.take("task_outcome").map(({ message }) => [message.id, message.place]);
  assert.deepEqual(places(), [["c-1", 0], ["c-0", 1]]);
  const [resumed] = one.take("client_resumed");
  one.state.outcomesAck("c", 1);
  one.state.clientAway("c");
  one.state.clientResume("c", {
    type: "client_resume",
    session: resumed?.message.session ?? "",
    received: 1,
  });
  assert.deepEqual(places(), [["c-0", 1]]);
});
