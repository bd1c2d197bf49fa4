import assert from "node:assert/strict";
import { type LimitCounts, LimitTally } from "../base/mod.ts";
import type { ChannelMessage } from "../messages/mod.ts";
import { ChannelState } from "./channel_state.ts";
import { FunctionStore } from "./function_store.ts";
import { observedRequest } from "./observed_request.ts";
import type { SchedulerLimits } from "./scheduler_limits.ts";
import { Bench } from "./scheduler_fixture_test.ts";
import { TaskFates } from "./task_fates.ts";
import { DEPENDENCIES_MAX } from "./task_request_policy.ts";

const RESULT = [new Uint8Array(60)];

/** A client `c` with a session, one engine, and what is counted. */
function bench(limits: Partial<SchedulerLimits>, slots = 1): {
  readonly bench: Bench;
  readonly tally: LimitTally;
} {
  const tally = new LimitTally();
  const bench = new Bench({ hwm: 1, limits, tally });
  bench.engine(0, slots);
  const type = "client_resume";
  bench.state.clientResume("c", { type, session: "", received: 0 });
  return { bench, tally };
}

Deno.test("SchedulerState counts the limits for which it refuses requests", () => {
  const { bench: one, tally } = bench({ tasksMax: 2, payloadBytesMax: 100 });
  one.submit("c-0");
  one.submit("c-1");
  assert.equal(tally.counts, undefined);
  one.submit("c-2");
  one.submit("c-3");
  assert.deepEqual(tally.counts, { tasksMax: 2 });
  one.finish("e0", "c-0");
  one.submit("c-4", [], "balanced", undefined, [new Uint8Array(101)]);
  assert.deepEqual(tally.counts, { tasksMax: 2, payloadBytesMax: 1 });
  const inputs = new Array(DEPENDENCIES_MAX + 1).fill("c-0");
  one.submit("c-5", [], "balanced", { inputs });
  assert.equal(tally.counts?.["DEPENDENCIES_MAX"], 1);
  const few = bench({ placementsMax: 0 });
  few.bench.engine(1, 1);
  // Two run; of those that wait, the last needs a set of its own.
  for (const index of [0, 1, 2, 3]) few.bench.submit(`c-${index}`, [index % 2]);
  few.bench.submit("c-4", [0, 1]);
  assert.deepEqual(few.tally.counts, { placementsMax: 1 });
});

Deno.test("SchedulerState takes requests for more engines than placementsMax", () => {
  const { bench: one, tally } = bench({ placementsMax: 2 });
  const all = Array.from({ length: 20 }, (_, engineId) => engineId);
  for (const engineId of all.slice(1)) one.engine(engineId);
  for (let round = 0; round < 3; round++) {
    one.submit(`c-${round}`, all, "direct");
    assert.equal(one.assigned().length, all.length);
  }
  assert.equal(tally.counts, undefined);
});

Deno.test("SchedulerState counts values that inputs cannot hold", () => {
  const { bench: one, tally } = bench({ payloadBytesMax: 50 });
  one.submit("c-0");
  one.finish("e0", "c-0", 0, RESULT);
  one.submit("c-1", [], "balanced", { inputs: ["c-0"] });
  assert.deepEqual(tally.counts, { payloadBytesMax: 1 });
});

Deno.test("SchedulerState counts clients that are held, shed and given up", () => {
  const { bench: one, tally } = bench({
    untakenBytesPerClientMax: 50,
    keptBytesPerClientMax: 150,
    keptPerClientMax: 3,
  }, 4);
  for (let index = 0; index < 4; index++) one.submit(`c-${index}`);
  one.finish("e0", "c-0", 0, RESULT);
  one.finish("e0", "c-1", 0, RESULT);
  assert.deepEqual(tally.counts, { untakenBytesPerClientMax: 1 });
  one.finish("e0", "c-2", 0, RESULT);
  const counts: LimitCounts = tally.counts ?? {};
  assert.equal(counts["keptBytesPerClientMax"], 1);
  one.finish("e0", "c-3");
  assert.deepEqual(tally.counts, {
    untakenBytesPerClientMax: 1,
    keptBytesPerClientMax: 1,
    keptPerClientMax: 1,
  });
});

Deno.test("EngineNews counts requests that are not made to wait", () => {
  const { bench: one, tally } = bench({ unheardRequestsMax: 1 });
  one.submit("c-0", [7], "direct");
  assert.equal(tally.counts, undefined);
  one.submit("c-1", [0], "direct");
  one.submit("d-1", [0], "direct");
  assert.deepEqual(tally.counts, { unheardRequestsMax: 1 });
});

Deno.test("TaskFates counts when ends and values are forgotten", () => {
  const tally = new LimitTally();
  const bounds = { tasksMax: 4, valuesMax: 4, valueBytesMax: 100 };
  const fates = new TaskFates(bounds, tally);
  for (let index = 0; index < 3; index++) fates.add(`c-${index}`, true, 0);
  assert.equal(tally.counts, undefined);
  fates.add("c-3", true, 0);
  fates.addValue("c-0", [new Uint8Array(51)]);
  assert.deepEqual(tally.counts, {
    fatesPerClientMax: 1,
    valueBytesPerClientMax: 1,
  });
  for (let index = 0; index < 6; index++) {
    fates.addValue(`c-${index}`, [new Uint8Array(1)]);
  }
  assert.ok((tally.counts?.["valuesPerClientMax"] ?? 0) > 0);
});

Deno.test("FunctionStore and ChannelState count what they do not keep", () => {
  const tally = new LimitTally();
  const store = new FunctionStore(10, tally);
  store.add("a", new Uint8Array(8));
  assert.equal(tally.counts, undefined);
  store.add("b", new Uint8Array(8));
  const limits = { channelsPerClientMax: 1, waitingBytesMax: 10 };
  const channels = new ChannelState({ say: () => {}, limits, tally });
  channels.clientJoined("c");
  const routingId = "e0";
  channels.engineJoined({ engineId: 0, routingId, slots: 1 });
  const open = (id: number): void =>
    channels.said("c", {
      type: "channel_open",
      ...{ id, slot: 0, name: "n", scope: "c", to: { engineId: 0 } },
    }, []);
  open(1);
  open(2);
  const message: ChannelMessage = { type: "channel_message", id: 1, slot: 0 };
  channels.said("c", message, [new Uint8Array(11)]);
  assert.deepEqual(tally.counts, {
    FUNCTION_BYTES_MAX: 1,
    channelsPerClientMax: 1,
    waitingBytesMax: 1,
  });
});

Deno.test("observedRequest counts what a record leaves out", () => {
  const tally = new LimitTally();
  const request = {
    type: "task_request",
    id: "c-0",
    work: { kind: "pull", names: ["n".repeat(5_000)] },
    mode: "balanced",
    targets: [],
    terms: { tags: new Array(65).fill("t") },
  } as const;
  observedRequest(request, new Array(1_025).fill(0), tally);
  assert.deepEqual(tally.counts, {
    OBSERVED_TARGETS_MAX: 1,
    OBSERVED_TEXT_MAX: 1,
    OBSERVED_WORDS_MAX: 1,
  });
});
