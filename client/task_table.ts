/**
 * What the client has asked for and not yet heard the end of. Pure.
 *
 * @module
 */
import type { Output, TaskEvent, TaskOutcome } from "../messages/mod.ts";
import type { TaskRun } from "./task_run.ts";

interface HeldOutcome {
  readonly outcome: TaskOutcome;
  readonly payload: readonly Uint8Array[];
  readonly sinceMs: number;
}

/** What came of an outcome. */
export type OutcomeResult = "settled" | "held" | "unknown";

/** The tasks of one client that have not ended. */
export class TaskTable {
  readonly #hostOf: (engineId: number) => string | undefined;
  readonly #waiting = new Map<string, TaskRun>();
  /** Outcomes of some of them: output that belongs before is missing. */
  readonly #held = new Map<string, HeldOutcome>();
  #outputCount = 0;

  /** Starts with no task; `hostOf` gives the host of an engine. */
  constructor(
    hostOf: (engineId: number) => string | undefined = () => undefined,
  ) {
    this.#hostOf = hostOf;
  }

  /** How many tasks have not ended. */
  get size(): number {
    return this.#waiting.size;
  }

  /** How many outcomes wait for output. */
  get heldCount(): number {
    return this.#held.size;
  }

  /** The ids of the tasks that have not ended. */
  ids(): string[] {
    return [...this.#waiting.keys()];
  }

  /** A task that has not ended. */
  get(id: string): TaskRun | undefined {
    return this.#waiting.get(id);
  }

  /** The tasks that have not ended. */
  runs(): Iterable<TaskRun> {
    return this.#waiting.values();
  }

  /** Remembers a task. */
  add(run: TaskRun): void {
    this.#waiting.set(run.id, run);
  }

  /**
   * An outcome arrived. It is held while output that was written before it
   * is still on its way.
   */
  outcome(
    outcome: TaskOutcome,
    payload: readonly Uint8Array[],
    nowMs: number,
  ): OutcomeResult {
    const run = this.#waiting.get(outcome.id);
    if (run === undefined) return "unknown";
    if (run.outputsSeen < outcome.outputs) {
      this.#held.set(outcome.id, { outcome, payload, sinceMs: nowMs });
      return "held";
    }
    this.#forget(outcome.id);
    this.#settle(run, outcome, payload, nowMs);
    return "settled";
  }

  /** A piece of output arrived; it may be the last that an outcome awaits. */
  output(output: Output, nowMs: number): void {
    const run = this.#waiting.get(output.taskId);
    if (run === undefined) return;
    run.addOutput(output, this.#outputCount++);
    const held = this.#held.get(run.id);
    if (held !== undefined) this.outcome(held.outcome, held.payload, nowMs);
  }

  /** A task tells something before its outcome. */
  event(event: TaskEvent, payload: readonly Uint8Array[]): void {
    this.#waiting.get(event.id)?.addEvent(event, payload);
  }

  /** Settles with outcomes held since before a time: no more output comes. */
  releaseHeld(beforeMs: number, nowMs: number): void {
    for (const [id, { outcome, payload, sinceMs }] of [...this.#held]) {
      const run = this.#waiting.get(id);
      if (run === undefined || sinceMs > beforeMs) continue;
      this.#forget(id);
      this.#settle(run, outcome, payload, nowMs);
    }
  }

  /** Ends one task with an error that arose here. */
  fail(id: string, error: Error, nowMs: number): void {
    const run = this.#waiting.get(id);
    if (run === undefined) return;
    this.#forget(id);
    run.fail(error, nowMs);
  }

  /** Ends every task with an error that arose here. */
  failAll(errorFor: (id: string) => Error, nowMs: number): void {
    for (const id of this.ids()) this.fail(id, errorFor(id), nowMs);
  }

  #settle(
    run: TaskRun,
    outcome: TaskOutcome,
    payload: readonly Uint8Array[],
    nowMs: number,
  ): void {
    run.settle(outcome, payload, nowMs, this.#hostOf(outcome.engineId));
  }

  #forget(id: string): void {
    this.#waiting.delete(id);
    if (this.#held.size > 0) this.#held.delete(id);
  }
}
