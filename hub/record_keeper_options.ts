/**
 * What a keeper of records needs, and how much it takes.
 *
 * @module
 */
import type { Clock, Logger } from "../base/mod.ts";
import type { TaskStore } from "../store/mod.ts";
import type { LiveTask, RecordSources } from "./record_book.ts";

/** Limits of a a `RecordKeeper`. */
export interface KeeperLimits {
  /** Most tasks in memory whose records still change. */
  readonly liveMax: number;
  /** Most changed records that wait for a store that fails. */
  readonly unwrittenMax: number;
  /** Most observations that wait for a record to be looked up. */
  readonly lateMax: number;
  /** Records that are written at once. */
  readonly batchRecords: number;
  /** How long an ended task may wait to be written. */
  readonly writeMs: number;
  /** How long a task that has not ended may. */
  readonly pendingWriteMs: number;
  /** First and longest wait before a store that failed is tried again. */
  readonly retryMs: readonly [first: number, longest: number];
  /** How often the store forgets what is too old or too much. */
  readonly sweepMs: number;
  /** Most names of functions that are remembered. */
  readonly namesMax: number;
}

/** Limits unless told otherwise. */
export const KEEPER_LIMITS: KeeperLimits = {
  liveMax: 100_000,
  unwrittenMax: 200_000,
  lateMax: 20_000,
  batchRecords: 512,
  writeMs: 250,
  pendingWriteMs: 2_000,
  retryMs: [500, 30_000],
  sweepMs: 60_000,
  namesMax: 10_000,
};

/** Options of a `RecordKeeper`. */
export interface RecordKeeperOptions
  extends Omit<RecordSources, "functionName" | "ended"> {
  /** Where records are kept. */
  readonly store: TaskStore;
  /** Time. */
  readonly clock: Clock;
  /** Where to say what happened. */
  readonly log: Logger;
  /** Tells a scheduler that a batch is recorded. */
  readonly acknowledge: (scheduler: string, batch: number) => void;
  /** Hears of every record that changed. */
  readonly changed: (task: LiveTask) => void;
  /** Hears that all changes of one moment have been told. */
  readonly settled: () => void;
  /** Whether anybody wants to hear of changes as they come. */
  readonly isFollowed: () => boolean;
  /** Limits other than {@linkcode KEEPER_LIMITS}. */
  readonly limits?: Partial<KeeperLimits> | undefined;
}

/** What was counted since the start. */
export interface KeeperCounts {
  /** Observations that were taken. */
  readonly observed: number;
  /** Observations that schedulers, or this hub, had no room for. */
  readonly dropped: number;
  /** Times that the store failed. */
  readonly failures: number;
}
