import assert from "node:assert/strict";
import { decodeValue, encodeValue, type TaskOutcome } from "../messages/mod.ts";
import { createEvaluator } from "./evaluator.ts";
import { FunctionCache } from "./function_cache.ts";
import { unitOf } from "./slot_fixture_test.ts";
import type { Payload } from "./slot_state.ts";
import { TaskRunner } from "./task_runner.ts";
import { TaskSignal } from "./user_scope.ts";
import { WorkRunner } from "./work_runner.ts";

/** A runner in this process, and the outcomes in their order. */
class Rig {
  readonly outcomes: string[] = [];
  readonly runner: TaskRunner;
  readonly #waiting = new Map<string, () => void>();
  #starts = 0;
  #onStart: (() => void)[] = [];

  constructor() {
    const evaluate = createEvaluator();
    this.runner = new TaskRunner({
      functions: new FunctionCache(evaluate, 1 << 20),
      work: new WorkRunner(evaluate),
      capture: { taskStarted: () => this.#started(), taskEnded: () => 0 },
      signal: new TaskSignal(),
      post: (message, payload) => {
        if (message.type === "task_outcome") this.#post(message, payload);
      },
      isSending: () => false,
    });
  }

  assign(id: string, source: string): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#waiting.set(id, resolve);
    this.runner.sourceArrived(id, unitOf(source));
    this.runner.taskAssigned({
      type: "task_assign",
      id,
      client: "c",
      work: { kind: "apply", function: id },
    }, encodeValue([]));
    return promise;
  }

  /** Settles when so many tasks have been started, and run. */
  async started(count: number): Promise<void> {
    while (this.#starts < count) {
      await new Promise<void>((resolve) => this.#onStart.push(resolve));
    }
  }

  #started(): void {
    this.#starts++;
    for (const resolve of this.#onStart.splice(0)) resolve();
  }

  #post({ id, status, reason }: TaskOutcome, payload: Payload): void {
    const said = status === "ok" ? decodeValue(payload) : reason;
    this.outcomes.push(`${id} ${status} ${said}`);
    this.#waiting.get(id)?.();
  }
}

Deno.test("TaskRunner ends a task that may have been unwound for another", async () => {
  const rig = new Rig();
  await rig.assign("a", "() => 1");
  // It waits, and its next turn may have been the one that was unwound.
  const b = rig.assign("b", "() => new Promise(() => {})");
  const c = rig.assign("c", "() => 3");
  await rig.started(2);
  rig.runner.taskDropped("a");
  await Promise.all([b, c]);
  assert.deepEqual(rig.outcomes, [
    "a ok 1",
    "b engine_lost interrupted by the end of another task",
    "c ok 3",
  ]);
});

Deno.test("TaskRunner leaves the task behind one that was unwound itself alone", async () => {
  const rig = new Rig();
  const a = rig.assign("a", "() => new Promise(() => {})");
  const b = rig.assign(
    "b",
    "() => new Promise((resolve) => setTimeout(resolve, 10, 2))",
  );
  await rig.started(1);
  rig.runner.taskAborted("a");
  await a;
  await rig.started(2);
  rig.runner.taskDropped("a");
  await b;
  assert.deepEqual(rig.outcomes, [
    "a cancelled it was told by its signal",
    "b ok 2",
  ]);
});

Deno.test("TaskRunner starts no task that was dropped before its turn", async () => {
  const rig = new Rig();
  const a = rig.assign("a", "() => 1");
  const b = rig.assign("b", "() => 2");
  rig.runner.taskAborted("b");
  await Promise.all([a, b]);
  assert.deepEqual(rig.outcomes, [
    "a ok 1",
    "b cancelled it had not started",
  ]);
  // With nobody running it means nothing.
  rig.runner.taskDropped("b");
  await rig.assign("c", "() => 3");
  assert.equal(rig.outcomes.at(-1), "c ok 3");
});
