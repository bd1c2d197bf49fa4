/**
 * What a hub has counted since it started: how tasks ended, how long they
 * waited and ran, and what went wrong with records and connections.
 *
 * @module
 */
import { ProtocolError } from "../base/mod.ts";
import { count, countList, type Fields, finite, map, word } from "./fields.ts";
import { TASK_STATUSES, type TaskStatus } from "./task.ts";

/** Upper bounds of the classes of durations, in seconds; then all others. */
export const DURATION_BOUNDS: readonly number[] = [
  ...[0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5],
  ...[1, 2.5, 5, 10, 30, 60, 300, 1_800, 3_600],
];

/** How many durations fell into each class. */
export interface DurationFigures {
  /** One number for each bound, and one for what is above the last. */
  readonly counts: readonly number[];
  /** The sum of all durations, in seconds. */
  readonly sum: number;
}

/** What a hub has counted. */
export interface ClusterFigures {
  /** Where records are kept; with `none` no task is counted. */
  readonly store: "none" | "memory" | "sqlite" | "postgres";
  /** Tasks that ended, by how. */
  readonly ended: Readonly<Partial<Record<TaskStatus, number>>>;
  /** From submission to the start of their code. */
  readonly waited: DurationFigures;
  /** From the start of their code to its end. */
  readonly ran: DurationFigures;
  /** Observations that were taken. */
  readonly observed: number;
  /** Observations for which there was no room. */
  readonly dropped: number;
  /** Times that the store failed. */
  readonly storeFailures: number;
  /** Records in memory, because they still change. */
  readonly liveRecords: number;
  /** Connections and messages that were refused. */
  readonly refused: number;
}

function durations(fields: Fields): DurationFigures {
  const counts = countList(fields, "counts");
  if (counts.length === DURATION_BOUNDS.length + 1) {
    return { counts, sum: finite(fields, "sum") };
  }
  throw new ProtocolError(
    `Cannot read figures: ${counts.length} classes of durations`,
  );
}

/**
 * Reads figures.
 *
 * @throws {ProtocolError} when they are something else.
 */
export function clusterFigures(fields: Fields): ClusterFigures {
  const told = map(fields, "ended");
  const ended: Partial<Record<TaskStatus, number>> = {};
  for (const status of TASK_STATUSES) {
    if (told[status] !== undefined) ended[status] = count(told, status);
  }
  return {
    store: word(fields, "store", ["none", "memory", "sqlite", "postgres"]),
    ended,
    waited: durations(map(fields, "waited")),
    ran: durations(map(fields, "ran")),
    observed: count(fields, "observed"),
    dropped: count(fields, "dropped"),
    storeFailures: count(fields, "storeFailures"),
    liveRecords: count(fields, "liveRecords"),
    refused: count(fields, "refused"),
  };
}
