/**
 * What the dashboard shows and does, without saying where it comes from.
 *
 * @module
 */
import type { EngineStack, StatusReply } from "../messages/mod.ts";

/** A task as it is listed. */
export interface TaskRow {
  /** The task's id. */
  readonly id: string;
  /** How it is, or how it ended. */
  readonly status: string;
  /** What its owner calls it; may be empty. */
  readonly label: string;
  /** What it runs: a function's name, or the kind of work. */
  readonly work: string;
  /** The engine it ran on; absent before. */
  readonly engineId?: number | undefined;
  /** When it was submitted, in milliseconds since the Unix epoch. */
  readonly submittedMs: number;
  /** When its code started, once it has. */
  readonly startedMs?: number | undefined;
  /** When its code ended, once it has. */
  readonly completedMs?: number | undefined;
  /** How many times it was given to an engine. */
  readonly attempts: number;
}

/** A page of tasks. */
export interface TaskPage {
  /** The tasks, newest first. */
  readonly tasks: readonly TaskRow[];
  /** How many there are in all. */
  readonly total: number;
}

/** What is asked for. */
export interface TaskQuestion {
  /** A filter of the query language. */
  readonly filter: Readonly<Record<string, unknown>>;
  /** Most rows. */
  readonly limit: number;
  /** Rows to leave out at the beginning. */
  readonly skip: number;
}

/** Lines of a log, and the process that wrote them. */
export interface LogTail {
  /** The process, such as `engine-4711`. */
  readonly name: string;
  /** Its last lines. */
  readonly lines: readonly string[];
}

/** What can be done with engines. */
export type EngineAction = "interrupt" | "stop" | "restart";

/** Where the dashboard's data comes from, and who does what it asks. */
export interface DashboardSource {
  /** How everybody is. */
  status(): Promise<StatusReply>;
  /** What runs on engines. */
  stack(targets: readonly number[]): Promise<readonly EngineStack[]>;
  /** Tasks that a filter finds; throws a `TypeError` for a wrong filter. */
  tasks(question: TaskQuestion): Promise<TaskPage>;
  /** Everything known about one task, or nothing. */
  task(id: string): Promise<Readonly<Record<string, unknown>> | undefined>;
  /** The last lines of the logs. */
  logs(): Promise<readonly LogTail[]>;
  /** Does something with engines; throws what prevents it. */
  act(action: EngineAction, targets: readonly number[]): Promise<void>;
  /** Brings the cluster to a number of engines; throws what prevents it. */
  scale(engines: number): Promise<void>;
}
