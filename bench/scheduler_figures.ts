// deno-lint-ignore-file no-console -- this program prints its figures
/**
 * Figures of the scheduler's state alone: one JSON line, in the form of the
 * harness. What one task costs with a thousand and with a million others in
 * the queue, what a queued task weighs, and how long cancelling takes.
 *
 * @module
 */
import assert from "node:assert/strict";
import { seededRandom, VirtualClock } from "../base/mod.ts";
import {
  decodeEnvelopes,
  encodeEnvelopes,
  type Envelope,
  type TaskRequest,
} from "../messages/mod.ts";
import { SchedulerState } from "../scheduler/mod.ts";
import type { Figure } from "./figures.ts";
import { quantile } from "./statistics.ts";

const FEW = 1_000;
const MANY = 1_000_000;
/** Tasks that come and go while that many wait. */
const ROUND = 20_000;
const ROUNDS = 15;
const CANCELLED = 10_000;
const BATCH = 500;
const HASH = "h".repeat(32);
const CLIENT = "c-0123456789ab";
const ENGINE = "e-0123456789ab";

/** A scheduler, one engine that finishes tasks in order, and a client. */
class Rig {
  readonly state: SchedulerState;
  readonly #assigned: string[] = [];
  outcomes = 0;
  #next = 0;

  constructor() {
    this.state = new SchedulerState({
      clock: new VirtualClock(),
      random: seededRandom(1),
      hwm: 4,
      actions: {
        send: (_to, message) => {
          if (message.type === "task_assign") this.#assigned.push(message.id);
          else if (message.type === "task_outcome") this.outcomes++;
        },
        engineDrained: () => {},
      },
    });
    this.state.functionSource(
      { type: "function_source", hash: HASH },
      new Uint8Array(100),
    );
    this.state.engineJoined({
      engineId: 0,
      routingId: ENGINE,
      slots: 1,
      labels: {},
      resources: {},
    });
    this.state.engineReady(ENGINE, 1, []);
  }

  /** As they come from the wire: decoded, with views of one buffer. */
  requests(count: number): Envelope[] {
    const envelopes: Envelope[] = [];
    for (let index = 0; index < count; index++) {
      const message: TaskRequest = {
        type: "task_request",
        id: `${CLIENT}-${(this.#next++).toString(36)}`,
        mode: "balanced",
        targets: [],
        work: { kind: "apply", function: HASH },
      };
      envelopes.push({ message, payload: [new Uint8Array(12)] });
    }
    return decodeEnvelopes(encodeEnvelopes(envelopes));
  }

  submit(envelopes: readonly Envelope[]): void {
    for (const { message, payload } of envelopes) {
      assert.ok(message.type === "task_request");
      this.state.taskRequest(CLIENT, message, payload);
    }
  }

  fill(count: number): void {
    for (let left = count; left > 0; left -= BATCH) {
      this.submit(this.requests(Math.min(left, BATCH)));
    }
  }

  finishOldest(): void {
    const id = this.#assigned.shift();
    assert.ok(id !== undefined);
    this.state.taskOutcome(ENGINE, {
      type: "task_outcome",
      id,
      status: "ok",
      engineId: 0,
      startedMs: 1,
      completedMs: 1,
      outputs: 0,
    }, []);
  }
}

/** Microseconds of one task's whole way, with that many in the queue. */
function measureTask(queued: number): number {
  const rig = new Rig();
  rig.fill(queued);
  const tookUs: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const batches: Envelope[][] = [];
    for (let count = 0; count < ROUND; count += BATCH) {
      batches.push(rig.requests(BATCH));
    }
    const startedMs = performance.now();
    for (const batch of batches) {
      rig.submit(batch);
      for (let index = 0; index < BATCH; index++) rig.finishOldest();
    }
    tookUs.push((performance.now() - startedMs) * 1000 / ROUND);
  }
  assert.equal(rig.state.counts.finished, ROUND * ROUNDS);
  return quantile(tookUs, 0.5);
}

function heldBytes(): number {
  const collect: unknown = Reflect.get(globalThis, "gc");
  assert.ok(typeof collect === "function", "run with --v8-flags=--expose-gc");
  collect();
  collect();
  const { heapUsed, external } = Deno.memoryUsage();
  return heapUsed + external;
}

function measureBytes(): number {
  const rig = new Rig();
  rig.fill(BATCH);
  const before = heldBytes();
  rig.fill(MANY);
  const after = heldBytes();
  assert.ok(rig.state.counts.queued >= MANY);
  return (after - before) / MANY;
}

/** Milliseconds to cancel queued tasks of a full queue. */
function measureCancel(): number {
  const rig = new Rig();
  rig.fill(MANY / 10);
  const ids = Array.from(
    { length: CANCELLED },
    (_, index) => `${CLIENT}-${(index * 7 + 100).toString(36)}`,
  );
  const startedMs = performance.now();
  rig.state.taskCancel(CLIENT, ids, "not needed");
  const tookMs = performance.now() - startedMs;
  assert.equal(rig.outcomes, CANCELLED);
  return tookMs;
}

function main(): void {
  // The same code warms up on both sizes before either counts.
  measureTask(FEW);
  const few = measureTask(FEW);
  const many = measureTask(MANY);
  const figures: Figure[] = [
    { figure: "task, 1 k queued", value: few, unit: "µs" },
    { figure: "task, 1 M queued", value: many, unit: "µs" },
    { figure: "1 M to 1 k", value: many / few, unit: "times" },
    { figure: "queued task", value: measureBytes(), unit: "bytes" },
    { figure: "cancel 10 k queued", value: measureCancel(), unit: "ms" },
  ];
  const versions = { Deno: Deno.version.deno, V8: Deno.version.v8 };
  console.log(JSON.stringify({ figures, versions }));
}

if (import.meta.main) main();
