/**
 * Observations: what schedulers tell the hub about tasks, in batches. The
 * payload of a message has, row by row, what is kept of the request and then
 * what is kept of the result.
 *
 * Rows are arrays, not maps: there is one for each task of the cluster.
 *
 * @module
 */
import { ProtocolError } from "../base/mod.ts";
import {
  count,
  countList,
  type Fields,
  finite,
  isFields,
  list,
  map,
  optionalText,
  text,
  TEXT_LENGTH_MAX,
  word,
} from "./fields.ts";
import { TASK_STATUSES, type TaskStatus } from "./task.ts";
import { readWork, type Work } from "./work.ts";
import { type Kept, KEPT_WORDS } from "./task_record.ts";
import { optionalTimeout, type TaskTerms, taskTerms } from "./task_terms.ts";

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
  /** How many parts of the payload are of its request. */
  readonly requestParts: number;
  /** How many parts after those are of its result. */
  readonly resultParts: number;
}

/** An observation as it travels; see {@linkcode observationRow}. */
export type ObservationRow = readonly unknown[];

/** Scheduler to hub: what became of tasks. */
export interface TaskObservations {
  /** Which message this is. */
  readonly type: "task_observations";
  /** The number of this batch, from this scheduler. */
  readonly batch: number;
  /** Tasks of which nothing was said since the batch before: too many. */
  readonly dropped: number;
  /** One row for each task. */
  readonly rows: readonly ObservationRow[];
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

/** An observation as it travels. */
export function observationRow(observation: TaskObservation): ObservationRow {
  const { id, submitted, assigned, ended, requestParts, resultParts } =
    observation;
  return [
    id,
    requestParts,
    resultParts,
    submitted === undefined ? 0 : [
      submitted.client,
      submitted.submittedMs,
      submitted.mode,
      submitted.targets,
      submitted.work,
      submitted.terms,
      submitted.timeoutMs,
      submitted.requestBytes,
      submitted.requestKept,
    ],
    assigned === undefined ? 0 : [assigned.engineId, assigned.assignedMs],
    ended === undefined ? 0 : [
      ended.status,
      ended.engineId,
      ended.startedMs,
      ended.completedMs,
      ended.receivedMs,
      ended.attempts,
      ended.reason,
      ended.resultBytes,
      ended.resultKept,
    ],
  ];
}

const SUBMISSION = [
  "client",
  "submittedMs",
  "mode",
  "targets",
  "work",
  "terms",
  "timeoutMs",
  "requestBytes",
  "requestKept",
] as const;

const ASSIGNMENT = ["engineId", "assignedMs"] as const;

const END = [
  "status",
  "engineId",
  "startedMs",
  "completedMs",
  "receivedMs",
  "attempts",
  "reason",
  "resultBytes",
  "resultKept",
] as const;

/** The items of a row under their names, so that they can be checked. */
function named(row: unknown, names: readonly string[]): Fields {
  if (!Array.isArray(row)) throw notARow();
  const fields: Record<string, unknown> = { type: "task_observations" };
  for (let index = 0; index < names.length; index++) {
    fields[names[index] ?? ""] = row[index];
  }
  return fields;
}

function notARow(): ProtocolError {
  return new ProtocolError("Cannot read observations: a row is not a list");
}

function submission(row: unknown): ObservedSubmission {
  const fields = named(row, SUBMISSION);
  const terms = fields["terms"];
  return {
    client: text(fields, "client"),
    submittedMs: finite(fields, "submittedMs"),
    mode: word(fields, "mode", ["direct", "balanced"]),
    targets: countList(fields, "targets"),
    work: readWork(map(fields, "work")),
    terms: isFields(terms) ? taskTerms(terms) : undefined,
    timeoutMs: optionalTimeout(fields, "timeoutMs"),
    requestBytes: count(fields, "requestBytes"),
    requestKept: word(fields, "requestKept", KEPT_WORDS),
  };
}

function assignment(row: unknown): ObservedAssignment {
  const fields = named(row, ASSIGNMENT);
  return {
    engineId: count(fields, "engineId"),
    assignedMs: finite(fields, "assignedMs"),
  };
}

function end(row: unknown): ObservedEnd {
  const fields = named(row, END);
  return {
    status: word(fields, "status", TASK_STATUSES),
    engineId: count(fields, "engineId"),
    startedMs: finite(fields, "startedMs"),
    completedMs: finite(fields, "completedMs"),
    receivedMs: finite(fields, "receivedMs"),
    attempts: count(fields, "attempts"),
    reason: optionalText(fields, "reason", TEXT_LENGTH_MAX),
    resultBytes: count(fields, "resultBytes"),
    resultKept: word(fields, "resultKept", KEPT_WORDS),
  };
}

/**
 * Reads what {@linkcode observationRow} made.
 *
 * @throws {ProtocolError} when it is something else.
 */
export function readObservation(row: ObservationRow): TaskObservation {
  const [id, requestParts, resultParts, submitted, assigned, ended] = row;
  const fields: Fields = {
    type: "task_observations",
    id,
    requestParts,
    resultParts,
  };
  return {
    id: text(fields, "id"),
    requestParts: count(fields, "requestParts"),
    resultParts: count(fields, "resultParts"),
    submitted: submitted === 0 ? undefined : submission(submitted),
    assigned: assigned === 0 ? undefined : assignment(assigned),
    ended: ended === 0 ? undefined : end(ended),
  };
}

/** How each message of this conversation is read. */
export const observationCodecs: {
  readonly [K in ObservationMessage["type"]]: (
    fields: Fields,
  ) => Extract<ObservationMessage, { type: K }>;
} = {
  "task_observations": (fields) => {
    const rows = list(fields, "rows", (row): ObservationRow => {
      if (!Array.isArray(row)) throw notARow();
      return row;
    });
    if (rows.length > OBSERVATION_ROWS_MAX) {
      throw new ProtocolError(
        `Cannot read observations: ${rows.length} rows, at most ${OBSERVATION_ROWS_MAX}`,
      );
    }
    return {
      type: "task_observations",
      batch: count(fields, "batch"),
      dropped: count(fields, "dropped"),
      rows,
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
