/**
 * Observations: what schedulers tell the hub about tasks, in batches. The
 * tasks themselves are in the payload, so that the hub can leave them packed;
 * see {@linkcode packObservations}.
 *
 * @module
 */
import { ProtocolError } from "../base/mod.ts";
import { count, type Fields } from "./fields.ts";
import type { TaskStatus } from "./task.ts";
import type { Kept } from "./task_record.ts";
import type { TaskTerms } from "./task_terms.ts";
import type { Work } from "./work.ts";

/** Most rows of one batch of observations. */
export const OBSERVATION_ROWS_MAX = 1_024;

/** A task was submitted. */
export interface ObservedSubmission {
  /** Routing id of its client. */
  readonly client: string;
  /** When it arrived, in milliseconds since the Unix epoch. */
  readonly submittedMs: number;
  /** Sent to one named engine, or to any. */
  readonly mode: "direct" | "balanced";
  /** The engines that may run it; empty means any. */
  readonly targets: readonly number[];
  /** What to run. */
  readonly work: Work;
  /** Those of its terms that outlive it. */
  readonly terms?: TaskTerms | undefined;
  /** How long it may run. */
  readonly timeoutMs?: number | undefined;
  /** Bytes of its arguments. */
  readonly requestBytes: number;
  /** Whether they travel with the observation. */
  readonly requestKept: Kept;
}

/** A task was given to an engine. */
export interface ObservedAssignment {
  /** The engine's number. */
  readonly engineId: number;
  /** When, in milliseconds since the Unix epoch. */
  readonly assignedMs: number;
}

/** A task ended. */
export interface ObservedEnd {
  /** How it ended. */
  readonly status: TaskStatus;
  /** The engine that ran it. */
  readonly engineId: number;
  /** When its code began; 0 when it did not. */
  readonly startedMs: number;
  /** When its code ended; 0 when it did not begin. */
  readonly completedMs: number;
  /** When its outcome reached the scheduler. */
  readonly receivedMs: number;
  /** How many times it was given to an engine. */
  readonly attempts: number;
  /** Why, where that is neither a value nor an error. */
  readonly reason?: string | undefined;
  /** Bytes of its value or error. */
  readonly resultBytes: number;
  /** Whether they travel with the observation. */
  readonly resultKept: Kept;
}

/** What was seen of one task since the batch before. */
export interface TaskObservation {
  /** The task. */
  readonly id: string;
  /** It was submitted. */
  readonly submitted?: ObservedSubmission | undefined;
  /** It was given to an engine, for the last time so far. */
  readonly assigned?: ObservedAssignment | undefined;
  /** It ended. */
  readonly ended?: ObservedEnd | undefined;
  /** What is kept of its request, where it was submitted. */
  readonly request: readonly Uint8Array[];
  /** What is kept of its result, where it ended. */
  readonly result: readonly Uint8Array[];
}

/** Scheduler to hub: what became of tasks. */
export interface TaskObservations {
  /** Which message this is. */
  readonly type: "task_observations";
  /** The number of this batch, from this scheduler. */
  readonly batch: number;
  /** Tasks of which nothing was said since the batch before: too many. */
  readonly dropped: number;
  /** How many tasks are in the payload. */
  readonly rows: number;
  /**
   * Each of these tasks was submitted and has ended since the batch before,
   * and how is in the payload apart: nobody needs to look at the rest soon.
   */
  readonly isWhole?: true | undefined;
}

/** Hub to scheduler: a batch was recorded. */
export interface ObservationsAck {
  /** Which message this is. */
  readonly type: "observations_ack";
  /** The number of the batch. */
  readonly batch: number;
}

/** Hub to scheduler: tell now what you would tell soon. */
export interface ObservationsWanted {
  /** Which message this is. */
  readonly type: "observations_wanted";
  /** Pairs the answer with it. */
  readonly requestId: number;
}

/** Scheduler to hub: what was gathered is told. */
export interface ObservationsTold {
  /** Which message this is. */
  readonly type: "observations_told";
  /** Pairs the answer with what was wanted. */
  readonly requestId: number;
}

/** Every message of this conversation. */
export type ObservationMessage =
  | TaskObservations
  | ObservationsAck
  | ObservationsTold
  | ObservationsWanted;

/** How each message of this conversation is read. */
export const observationCodecs: {
  readonly [K in ObservationMessage["type"]]: (
    fields: Fields,
  ) => Extract<ObservationMessage, { type: K }>;
} = {
  "task_observations": (fields) => {
    const rows = count(fields, "rows");
    if (rows > OBSERVATION_ROWS_MAX) {
      throw new ProtocolError(
        `Cannot read observations: ${rows} rows, at most ${OBSERVATION_ROWS_MAX}`,
      );
    }
    return {
      type: "task_observations",
      batch: count(fields, "batch"),
      dropped: count(fields, "dropped"),
      rows,
      ...(fields["isWhole"] === true ? { isWhole: true } as const : {}),
    };
  },
  "observations_ack": (fields) => ({
    type: "observations_ack",
    batch: count(fields, "batch"),
  }),
  "observations_told": (fields) => ({
    type: "observations_told",
    requestId: count(fields, "requestId"),
  }),
  "observations_wanted": (fields) => ({
    type: "observations_wanted",
    requestId: count(fields, "requestId"),
  }),
};
