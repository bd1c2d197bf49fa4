/**
 * How long the tasks of a result took.
 *
 * @module
 */
import type { RunSet } from "./run_set.ts";

/** Times of some tasks, in milliseconds. */
export interface ResultTiming {
  /** Since submission, until the last outcome arrived. */
  readonly elapsedMs: number;
  /** The sum of the times that the tasks ran. */
  readonly serialMs: number;
  /** From submission until the last outcome so far. */
  readonly wallMs: number;
}

/** Adds up the times of tasks. */
export function timingOf(set: RunSet, nowMs: number): ResultTiming {
  let first = Infinity;
  let last = 0;
  let serialMs = 0;
  for (const run of set.runs) {
    first = Math.min(first, run.submittedMs);
    last = Math.max(last, run.receivedMs ?? 0);
    const { startedMs, completedMs } = run;
    if (startedMs !== undefined && completedMs !== undefined) {
      serialMs += completedMs - startedMs;
    }
  }
  if (!Number.isFinite(first)) first = nowMs;
  const wallMs = Math.max(0, last - first);
  const elapsedMs = set.done ? wallMs : nowMs - first;
  return { elapsedMs, serialMs, wallMs };
}
