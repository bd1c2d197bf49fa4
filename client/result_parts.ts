/**
 * What results are made of, and what they say of themselves.
 *
 * @module
 */
import { type Clock, toError } from "../base/mod.ts";
import type { InputJoin } from "../functions/mod.ts";
import type { Notebook } from "./notebook.ts";
import type { ResultShape } from "./result_shape.ts";
import type { RunSet } from "./run_set.ts";
import type { TaskRun } from "./task_run.ts";

/** How one task of a result ended. */
export type SettledTask<T = unknown> =
  | {
    /** The task returned. */
    readonly status: "fulfilled";
    /** What it returned. */
    readonly value: T;
  }
  | {
    /** The task failed. */
    readonly status: "rejected";
    /** Why it failed. */
    readonly reason: Error;
  };

/** What a result needs of its client. */
export interface ResultHost {
  /** Start of the ids of the client's tasks. */
  readonly id: string;
  /** The cluster's name; may be empty. */
  readonly clusterId: string;
  /** Time. */
  readonly clock: Clock;
  /** The notebook that results are shown in, if there is one. */
  readonly notebook?: Notebook | undefined;
  /** Asks for tasks not to run. */
  cancel(taskIds: readonly string[], reason: string): void;
  /** Settles when everything said so far has been written. */
  whenSent(): Promise<void>;
}

/** Options of a result. */
export interface AsyncResultOptions<T> {
  /** The tasks, in the order of the result. */
  readonly runs: readonly TaskRun[] | RunSet;
  /** How their values become one. */
  readonly shape: ResultShape<T>;
  /** The client. */
  readonly host: ResultHost;
  /** Cancels the tasks. */
  readonly signal?: AbortSignal | undefined;
  /**
   * The order of values and of iteration: that of the tasks, or that in which
   * they end. Absent, values come in the first and iteration in the second.
   */
  readonly ordered?: boolean | undefined;
}

/** What an iterated result yields: items of an array, else the value. */
export type ItemOf<T> = T extends readonly (infer Item)[] ? Item : T;

/** What a result says of itself, for other processes to find it by. */
export interface ResultHandle {
  /** The version of this form. */
  readonly version: 1;
  /** The cluster's name; may be empty. */
  readonly clusterId: string;
  /** The client whose tasks they are. */
  readonly clientId: string;
  /** The ids of the tasks, in the order of the result. */
  readonly taskIds: readonly string[];
  /** How their values become one; absent where only this process knows. */
  readonly join?: InputJoin;
}

/** How a task that has ended did so. */
export function settledTask(run: TaskRun): SettledTask {
  if (run.error !== undefined) return { status: "rejected", reason: run.error };
  try {
    return { status: "fulfilled", value: run.value };
  } catch (thrown) {
    return { status: "rejected", reason: toError(thrown) };
  }
}
