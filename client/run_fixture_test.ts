/**
 * Tasks that end when a test says so.
 *
 * @module
 */
import { VirtualClock } from "../base/mod.ts";
import { encodeValue, type TaskOutcome } from "../messages/mod.ts";
import { AsyncResult } from "./async_result.ts";
import type { ResultHost } from "./result_parts.ts";
import { oneValue, type ResultShape } from "./result_shape.ts";
import type { RunSet } from "./run_set.ts";
import { TaskRun } from "./task_run.ts";

/** How a task ended that ran on engine 3 for 10 ms. */
export function outcomeOf(
  id: string,
  change: Partial<TaskOutcome> = {},
): TaskOutcome {
  return {
    type: "task_outcome",
    id,
    status: "ok",
    engineId: 3,
    startedMs: 110,
    completedMs: 120,
    outputs: 0,
    ...change,
  };
}

/** Ends a task with a value. */
export function finish(run: TaskRun | undefined, value: unknown): void {
  run?.settle(outcomeOf(run.id), encodeValue(value), 130, "host");
}

/** Tasks of the client `c-1`. */
export function makeRuns(count: number, clientId = "c-1"): TaskRun[] {
  return Array.from(
    { length: count },
    (_, index) => new TaskRun(`${clientId}-${index}`, 100),
  );
}

/** A client that remembers what it was asked to cancel. */
export function makeHost(cancelled: string[] = []): ResultHost {
  return {
    id: "c-1",
    clusterId: "",
    clock: new VirtualClock(),
    cancel: (ids, reason) => void cancelled.push(...ids, reason),
    whenSent: () => Promise.resolve(),
  };
}

/** A result of some tasks. */
export function makeResult<T>(
  runs: readonly TaskRun[] | RunSet,
  shape: ResultShape<T> = oneValue(),
  cancelled: string[] = [],
): AsyncResult<T> {
  return new AsyncResult<T>({ runs, shape, host: makeHost(cancelled) });
}
