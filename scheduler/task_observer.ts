/**
 * Who hears what becomes of tasks.
 *
 * @module
 */
import type { TaskOutcome } from "../messages/mod.ts";
import type { AskedFor } from "./asked_for.ts";

/** A task as an observer sees it. */
export interface ObservedTask {
  /** The task's id. */
  readonly id: string;
  /** Its client. */
  readonly client: {
    /** Its routing id. */
    readonly id: string;
  };
  /** What its client asked for. */
  readonly request: AskedFor;
  /** The engines that may run it: one of a direct task, or any of a list. */
  readonly place: number | readonly number[];
  /** Its arguments. */
  readonly payload: readonly Uint8Array[];
  /** What its observer remembers of it, and nobody else looks at. */
  seen?: SeenTask | undefined;
}

/** What was seen of a task and is not told yet. */
export interface SeenTask {
  /** The task. */
  readonly task: ObservedTask;
  /** When it was submitted; `undefined` where that was told. */
  readonly submittedMs: number | undefined;
  /** Its arguments; the task lets go of them before it ends. */
  readonly payload: readonly Uint8Array[];
  /** How many times had been gathered when it came. */
  readonly gathering: number;
  /** The engine it was given to; -1 where it was not. */
  engineId: number;
  /** When it was. */
  assignedMs: number;
  /** The one that came before. */
  before: SeenTask | undefined;
  /** The one that came after. */
  behind: SeenTask | undefined;
}

/** Hears what becomes of tasks. */
export interface TaskObserver {
  /** A task was admitted. */
  submitted(task: ObservedTask): void;
  /** A task was given to an engine. */
  assigned(task: ObservedTask, engineId: number): void;
  /** A task ended. */
  ended(
    task: ObservedTask,
    outcome: TaskOutcome,
    payload: readonly Uint8Array[],
  ): void;
}
