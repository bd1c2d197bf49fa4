/**
 * What the client has asked for and not yet heard the end of. Pure.
 *
 * @module
 */
import type { Output, TaskEvent, TaskOutcome } from "../messages/mod.ts";
import type { TaskRun } from "./task_run.ts";

interface Waiting {
  readonly run: TaskRun;
  /** The outcome, while output that belongs before it is still missing. */
  held: HeldOutcome | undefined;
}

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
  readonly #waiting = new Map<string, Waiting>();
  readonly #held = new Set<string>();
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
    return this.#waiting.get(id)?.run;
  }

  /** The tasks that have not ended. */
  *runs(): Iterable<TaskRun> {
    for (const { run } of this.#waiting.values()) yield run;
  }

  /** Remembers a task. */
  add(run: TaskRun): void {
    this.#waiting.set(run.id, { run, held: undefined });
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
    const waiting = this.#waiting.get(outcome.id);
    if (waiting === undefined) return "unknown";
    if (waiting.run.outputsSeen < outcome.outputs) {
      waiting.held = { outcome, payload, sinceMs: nowMs };
      this.#held.add(outcome.id);
      return "held";
    }
    this.#forget(outcome.id);
    this.#settle(waiting.run, outcome, payload, nowMs);
    return "settled";
  }

  /** A piece of output arrived; it may be the last that an outcome awaits. */
  output(output: Output, nowMs: number): void {
    const waiting = this.#waiting.get(output.taskId);
    if (waiting === undefined) return;
    waiting.run.addOutput(output, this.#outputCount++);
    const { held } = waiting;
    if (held !== undefined) this.outcome(held.outcome, held.payload, nowMs);
  }

  /** A task tells something before its outcome. */
  event(event: TaskEvent, payload: readonly Uint8Array[]): void {
    this.#waiting.get(event.id)?.run.addEvent(event, payload);
  }

  /** Settles with outcomes held since before a time: no more output comes. */
  releaseHeld(beforeMs: number, nowMs: number): void {
    for (const id of [...this.#held]) {
      const waiting = this.#waiting.get(id);
      const held = waiting?.held;
      if (held === undefined || held.sinceMs > beforeMs) continue;
      this.#forget(id);
      if (waiting === undefined) continue;
      this.#settle(waiting.run, held.outcome, held.payload, nowMs);
    }
  }

  /** Ends one task with an error that arose here. */
  fail(id: string, error: Error, nowMs: number): void {
    const waiting = this.#waiting.get(id);
    if (waiting === undefined) return;
    this.#forget(id);
    waiting.run.fail(error, nowMs);
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
    this.#held.delete(id);
  }
}
