import assert from "node:assert/strict";
import fc from "fast-check";
import type { TaskRequest, TaskTerms } from "../messages/mod.ts";
import { RequestKeeper } from "./request_keeper.ts";
import { outcomeOf } from "./run_fixture_test.ts";

function balanced(id: string, terms?: TaskTerms): TaskRequest {
  const work = { kind: "apply", function: `hash of ${id}` } as const;
  return {
    type: "task_request",
    id,
    mode: "balanced",
    targets: [],
    work,
    terms,
  };
}

function direct(id: string, targets: readonly number[]): TaskRequest {
  const work = { kind: "execute", name: id, language: "js" } as const;
  return { type: "task_request", id, mode: "direct", targets, work };
}

/** The ids of what would be sent again, with the sessions and what ended. */
function again(keeper: RequestKeeper): string[] {
  return [...keeper.requests()].map(({ message }) =>
    [message.id, message.resent, ...message.ended ?? []].join(" ")
  );
}

const BYTES = [new Uint8Array(10)];

Deno.test("RequestKeeper keeps requests until their outcomes are here", () => {
  const keeper = new RequestKeeper();
  for (const id of ["c-0", "c-1", "c-2"]) {
    assert.ok(keeper.add(balanced(id), BYTES));
  }
  keeper.ended("c-1", outcomeOf("c-1"), []);
  keeper.ended("c-9", outcomeOf("c-9"), []);
  assert.deepEqual(again(keeper), ["c-0 0", "c-2 0"]);
  const [first] = keeper.requests();
  assert.equal(first?.hash, "hash of c-0");
  assert.equal(first?.payload, BYTES);
  keeper.drop("c-0");
  keeper.drop("c-0");
  assert.equal(keeper.size, 1);
});

Deno.test("RequestKeeper keeps a direct request until the last of its runs", () => {
  const keeper = new RequestKeeper();
  keeper.add(direct("c-0", [4, 5, 6]), []);
  keeper.ended("c-0.2", outcomeOf("c-0.2"), []);
  keeper.ended("c-0.2", outcomeOf("c-0.2"), []);
  assert.deepEqual(again(keeper), ["c-0 0 2"]);
  keeper.ended("c-0.0", outcomeOf("c-0.0"), []);
  keeper.ended("c-0.1", outcomeOf("c-0.1"), []);
  assert.equal(keeper.size, 0);
});

Deno.test("RequestKeeper counts the sessions in which a request was sent", () => {
  const keeper = new RequestKeeper();
  keeper.add(balanced("c-0"), []);
  keeper.sessionChanged();
  keeper.add(balanced("c-1"), []);
  keeper.sessionChanged();
  assert.deepEqual(again(keeper), ["c-0 2", "c-1 1"]);
});

Deno.test("RequestKeeper remembers what is not wanted, until it has ended", () => {
  const keeper = new RequestKeeper();
  keeper.add(balanced("c-0"), []);
  keeper.add(direct("c-1", [0, 1]), []);
  keeper.cancelled("c-0", "enough");
  keeper.cancelled("c-1.1", "enough");
  keeper.cancelled("c-1.0", "time");
  keeper.cancelled("c-7", "unknown");
  assert.deepEqual([...keeper.cancels()], [
    ["enough", ["c-0", "c-1.1"]],
    ["time", ["c-1.0"]],
  ]);
  keeper.ended("c-1.1");
  keeper.ended("c-0");
  assert.deepEqual([...keeper.cancels()], [["time", ["c-1.0"]]]);
});

Deno.test("RequestKeeper keeps to its limits, with one request above", () => {
  const few = new RequestKeeper({ requestsMax: 2 });
  assert.deepEqual(
    ["c-0", "c-1", "c-2"].map((id) => few.add(balanced(id), [])),
    [true, true, false],
  );
  const small = new RequestKeeper({ requestBytesMax: 15 });
  const large = [new Uint8Array(100)];
  assert.ok(small.add(balanced("c-0"), large));
  assert.ok(!small.add(balanced("c-1"), BYTES));
  small.ended("c-0");
  assert.ok(small.add(balanced("c-1"), BYTES));
  assert.ok(!small.add(balanced("c-2"), BYTES));
});

Deno.test("RequestKeeper says how tasks ended that others depend on", () => {
  const keeper = new RequestKeeper();
  const value = [Uint8Array.of(7)];
  const terms = {
    after: { ids: ["c-0", "c-1"], mode: "all", success: true, failure: false },
    inputs: ["c-2"],
  } as const;
  keeper.add(balanced("c-0"), []);
  keeper.ended("c-0", outcomeOf("c-0"), value);
  assert.equal(keeper.namedCount, 0, "nobody asks for it yet");
  for (const id of ["c-1", "c-2", "c-3"]) keeper.add(balanced(id), []);
  keeper.add(balanced("c-4", terms), []);
  keeper.ended("c-1", outcomeOf("c-1", { status: "cancelled", startedMs: 0 }));
  keeper.ended("c-2", outcomeOf("c-2"), value);
  keeper.ended("c-3", outcomeOf("c-3"), value);
  assert.deepEqual(
    [...keeper.fates()].map(({ message, payload }) => [
      ...[message.id, message.ok, message.engineId, payload.length],
    ]),
    [["c-1", false, undefined, 0], ["c-2", true, 3, 1]],
  );
  keeper.ended("c-4", outcomeOf("c-4"), []);
  assert.equal(keeper.namedCount, 0);
});

Deno.test("RequestKeeper asks a new session to follow only what it can know", () => {
  const keeper = new RequestKeeper();
  const mode = { mode: "all", success: true, failure: true } as const;
  const ids = ["c-before", "c-0", "c-1"];
  keeper.add(balanced("c-0"), []);
  keeper.add(balanced("c-1"), []);
  keeper.add(balanced("c-2", { follow: { ids, ...mode } }), []);
  keeper.ended("c-0", outcomeOf("c-0"), []);
  const followed = (): readonly string[] | undefined =>
    [...keeper.requests()].at(-1)?.message.terms?.follow?.ids;
  assert.deepEqual(followed(), ids);
  keeper.sessionChanged();
  assert.deepEqual(followed(), ["c-0", "c-1"]);
});

Deno.test("RequestKeeper sends again what has not ended, in order, in any history", () => {
  const act = fc.oneof(
    fc.record({ act: fc.constant("add" as const), runs: fc.nat(3) }),
    fc.record({ act: fc.constant("end" as const), which: fc.nat() }),
    fc.record({ act: fc.constant("drop" as const), which: fc.nat() }),
    fc.record({ act: fc.constant("session" as const) }),
  );
  fc.assert(fc.property(fc.array(act, { maxLength: 60 }), (acts) => {
    const keeper = new RequestKeeper();
    /** Requests by id, each with its runs that have not ended. */
    const open = new Map<string, Set<string>>();
    let count = 0;
    for (const one of acts) {
      const runs = [...open].flatMap(([id, left]) =>
        [...left].map((run) => ({ id, run }))
      );
      switch (one.act) {
        case "add": {
          const id = `c-${count++}`;
          const targets = Array.from({ length: one.runs }, (_, index) => index);
          const isDirect = targets.length > 0;
          keeper.add(isDirect ? direct(id, targets) : balanced(id), BYTES);
          open.set(
            id,
            new Set(isDirect ? targets.map((n) => `${id}.${n}`) : [id]),
          );
          break;
        }
        case "end": {
          const { id, run } = runs[one.which % (runs.length || 1)] ?? {};
          if (id === undefined || run === undefined) break;
          keeper.ended(run, outcomeOf(run), []);
          open.get(id)?.delete(run);
          if (open.get(id)?.size === 0) open.delete(id);
          break;
        }
        case "drop": {
          const id = [...open.keys()][one.which % (open.size || 1)];
          if (id === undefined) break;
          keeper.drop(id);
          open.delete(id);
          break;
        }
        case "session":
          keeper.sessionChanged();
      }
    }
    const left = [...keeper.requests()].map(({ message }) => message);
    assert.deepEqual(left.map(({ id }) => id), [...open.keys()]);
    for (const { id, targets, ended = [] } of left) {
      const runs = open.get(id)?.size;
      assert.equal(Math.max(1, targets.length) - ended.length, runs);
    }
    assert.equal(keeper.size, open.size);
  }));
});
