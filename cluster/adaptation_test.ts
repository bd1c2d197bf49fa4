import assert from "node:assert/strict";
import { VirtualClock } from "../base/mod.ts";
import type { ProcessStatus } from "../messages/mod.ts";
import { type AdaptActions, Adaptation } from "./adaptation.ts";

function status(
  role: string,
  engineId: number,
  running: number,
  queued = 0,
): ProcessStatus {
  return {
    role,
    engineId,
    host: "h",
    pid: 1,
    slots: 1,
    labels: {},
    running,
    queued,
    finished: 0,
    memoryBytes: 0,
    silentMs: 0,
  };
}

interface Bench extends AdaptActions {
  processes: ProcessStatus[];
  readonly calls: string[];
  problem: Error | undefined;
}

function bench(): Bench {
  const calls: string[] = [];
  const made: Bench = {
    processes: [],
    calls,
    problem: undefined,
    status: () => Promise.resolve(made.processes),
    starting: () => 0,
    start: (n) => {
      calls.push(`start ${n}`);
      return made.problem === undefined
        ? Promise.resolve()
        : Promise.reject(made.problem);
    },
    stop: (ids) => {
      calls.push(`stop ${ids}`);
      return Promise.resolve();
    },
  };
  return made;
}

async function tick(clock: VirtualClock, byMs: number): Promise<void> {
  clock.advance(byMs);
  for (let turn = 0; turn < 10; turn++) await Promise.resolve();
}

Deno.test("Adaptation starts for what waits, and stops what stays idle", async () => {
  const clock = new VirtualClock();
  const actions = bench();
  using _adaptation = new Adaptation(
    { max: 3, idleMs: 2_000, intervalMs: 1_000, clock },
    actions,
  );
  actions.processes = [status("scheduler", 0, 1, 4), status("engine", 0, 1)];
  await tick(clock, 0);
  assert.deepEqual(actions.calls.splice(0), ["start 2"]);
  actions.processes = [status("scheduler", 0, 0), status("engine", 0, 0)];
  await tick(clock, 1_000);
  await tick(clock, 1_000);
  assert.deepEqual(actions.calls.splice(0), []);
  await tick(clock, 1_000);
  assert.deepEqual(actions.calls.splice(0), ["stop 0"]);
});

Deno.test("Adaptation tells of failures, and tries less often", async () => {
  const clock = new VirtualClock();
  const actions = bench();
  const errors: string[] = [];
  actions.problem = new Error("no room");
  actions.processes = [status("scheduler", 0, 0, 1)];
  const adaptation = new Adaptation({
    max: 1,
    intervalMs: 1_000,
    clock,
    onError: ({ message }) => void errors.push(message),
  }, actions);
  await tick(clock, 0);
  for (let second = 0; second < 7; second++) await tick(clock, 1_000);
  // At 0, 1 (before the first failure counts), 3 and 7 seconds.
  assert.equal(errors.length, 4);
  assert.equal(errors[0], "Cannot adapt: no room");
  adaptation.stop();
  await tick(clock, 100_000);
  assert.equal(errors.length, 4);
  assert.equal(clock.pending, 0);
});

Deno.test("Adaptation refuses bounds that make no sense", () => {
  for (const [min, max] of [[0, 0], [3, 2], [-1, 2], [0.5, 2]] as const) {
    assert.throws(() => new Adaptation({ min, max }, bench()), RangeError);
  }
});
