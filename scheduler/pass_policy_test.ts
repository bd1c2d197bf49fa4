import assert from "node:assert/strict";
import { SCHEDULING_SCHEMES } from "../base/mod.ts";
import type { TaskRequest, TaskTerms } from "../messages/mod.ts";
import { Bench, outcome, request } from "./scheduler_fixture_test.ts";

/** Where a request would go, without a trace left behind. */
function guess(
  { state }: Bench,
  id: string,
  targets: readonly number[] = [],
  mode: TaskRequest["mode"] = "balanced",
  more: Partial<TaskRequest> = {},
): string | undefined {
  const passage = state.passage("c", {
    ...request(id, targets, mode),
    ...more,
  });
  if (passage === undefined) return undefined;
  assert.equal(passage.message.type, "task_assign");
  return passage.message.type === "task_assign"
    ? `${passage.message.id}>${passage.to}`
    : "";
}

Deno.test("SchedulerState knows which engine a request would go to", () => {
  for (const scheme of ["leastload", "lru", "pure"] as const) {
    const bench = new Bench({ scheme });
    assert.equal(guess(bench, "c-0"), undefined);
    for (const engineId of [1, 2, 3]) bench.engine(engineId);
    for (let task = 1; task < 6; task++) {
      const told = guess(bench, `c-${task}`);
      assert.equal(guess(bench, `c-${task}`), told);
      bench.submit(`c-${task}`);
      assert.deepEqual(bench.assigned(), [told]);
      if (task % 2 === 0) continue;
      const engine = told?.split(">")[1] ?? "";
      assert.ok(bench.finish(engine, `c-${task}`));
    }
    const direct = guess(bench, "c-9", [2], "direct");
    bench.submit("c-9", [2], "direct");
    assert.deepEqual(bench.assigned(), [direct]);
    const only = guess(bench, "c-10", [3]);
    bench.submit("c-10", [3]);
    assert.deepEqual(bench.assigned(), [only]);
  }
});

Deno.test("SchedulerState knows no engine where there is none, or chance decides", () => {
  for (const scheme of SCHEDULING_SCHEMES) {
    const bench = new Bench({ scheme });
    bench.engine(1);
    const isKnown = ["leastload", "lru", "pure"].includes(scheme);
    assert.equal(guess(bench, "c-1") !== undefined, isKnown);
  }
  const bench = new Bench();
  assert.equal(guess(bench, "c-1", [1], "direct"), undefined);
  bench.engine(1);
  bench.engine(2);
  assert.equal(guess(bench, "c-1", [1, 2], "direct"), undefined);
  const terms: TaskTerms[] = [
    { inputs: ["c-0"] },
    { after: { ids: ["c-0"], mode: "all", success: true, failure: false } },
    { labels: { a: "b" } },
    { resources: { gpu: 1 } },
    { conditional: true },
    { queueTimeoutMs: 5 },
  ];
  for (const one of terms) {
    assert.equal(
      guess(bench, "c-1", [], "balanced", { terms: one }),
      undefined,
    );
  }
  const work = { kind: "apply", function: "unknown" } as const;
  assert.equal(guess(bench, "c-1", [], "balanced", { work }), undefined);
  assert.equal(guess(bench, "c-1", [], "balanced", { resent: 1 }), undefined);
  assert.notEqual(
    guess(bench, "c-1", [], "balanced", { terms: { priority: 1 } }),
    undefined,
  );
  bench.state.engineDrain(1);
  assert.equal(guess(bench, "c-1", [1], "direct"), undefined);
  bench.state.engineDisconnected("e2");
  assert.equal(guess(bench, "c-1", [2], "direct"), undefined);
  assert.equal(guess(bench, "c-1"), undefined);
});

Deno.test("SchedulerState knows no engine for a request that has to wait", () => {
  const bench = new Bench({ hwm: 1 });
  bench.engine(1);
  bench.submit("c-1");
  assert.equal(guess(bench, "c-2"), undefined);
  bench.submit("c-2");
  assert.equal(guess(bench, "c-3", [1]), undefined);
  assert.deepEqual(bench.assigned(), ["c-1>e1"]);
});

Deno.test("SchedulerState knows which client an outcome would go to", () => {
  const bench = new Bench();
  bench.engine(1);
  const to = (from: string, id: string, status: "ok" | "error" = "ok") =>
    bench.state.passage(from, outcome(id, status, 0))?.to;
  assert.equal(to("e1", "c-1"), undefined);
  bench.submit("c-1");
  bench.submit("c-2");
  assert.equal(to("e1", "c-1"), "c");
  assert.equal(to("e1", "c-1", "error"), undefined);
  assert.equal(to("e2", "c-1"), undefined);
  assert.equal(to("c", "c-1"), undefined);
  bench.finish("e1", "c-1");
  assert.equal(to("e1", "c-1"), undefined);
  // One that has a session and is away gets it when it is back.
  bench.state.clientResume("c", {
    type: "client_resume",
    session: "",
    received: 0,
  });
  assert.equal(to("e1", "c-2"), "c");
  assert.ok(bench.state.clientAway("c"));
  assert.equal(to("e1", "c-2"), undefined);
  bench.state.engineDisconnected("e1");
  assert.equal(to("e1", "c-2"), undefined);
});

Deno.test("SchedulerState sends no outcome ahead that waits for others", () => {
  const bench = new Bench();
  bench.engine(1);
  bench.engine(2);
  bench.submit("c-1", [1, 2], "direct", { coalesced: true });
  const [one] = bench.assigned();
  const [id = "", engine = ""] = one?.split(">") ?? [];
  assert.equal(bench.state.passage(engine, outcome(id, "ok", 0)), undefined);
});
