/**
 * Tasks: requests from clients through a scheduler to engines, and outcomes
 * back. The scheduler reads these headers only; payload frames pass as they
 * are.
 *
 * @module
 */
import {
  count,
  countList,
  type Fields,
  finite,
  map,
  optionalCount,
  optionalText,
  text,
  TEXT_LENGTH_MAX,
  textList,
  word,
} from "./fields.ts";
import { type EngineEnd, engineEnd } from "./registration.ts";
import { type TaskPermissions, taskPermissions } from "./task_permissions.ts";
import { optionalTimeout, type TaskTerms, taskTerms } from "./task_terms.ts";
import { traceField } from "./trace_context.ts";
import { readWork, type Work } from "./work.ts";

/** Client to scheduler: run this. */
export interface TaskRequest {
  /** Which message this is. */
  readonly type: "task_request";
  /** Made by the client; submitting it again changes nothing. */
  readonly id: string;
  /** `direct` runs once on each target, `balanced` once on one of them. */
  readonly mode: "direct" | "balanced";
  /** Engine ids; empty with `balanced` means any engine. */
  readonly targets: readonly number[];
  /** What to run. */
  readonly work: Work;
  /** How long it may run once it has started. */
  readonly timeoutMs?: number | undefined;
  /** What it may do, where that is less than its engine allows. */
  readonly permissions?: TaskPermissions | undefined;
  /** When and where it is to run, where anything is asked. */
  readonly terms?: TaskTerms | undefined;
  /**
   * In how many earlier sessions it was sent, beside the one that the client
   * resumes, where it is sent again.
   */
  readonly resent?: number | undefined;
  /** Positions of targets that have ended, where it is sent again. */
  readonly ended?: readonly number[] | undefined;
  /** The span above it, as W3C `traceparent`, where it is traced. */
  readonly trace?: string | undefined;
}

/** Scheduler to engine: run this. */
export interface TaskAssign {
  /** Which message this is. */
  readonly type: "task_assign";
  /** The task. */
  readonly id: string;
  /** Routing id of the client that asked, for output. */
  readonly client: string;
  /** What to run. */
  readonly work: Work;
  /** How long it may run once it has started. */
  readonly timeoutMs?: number | undefined;
  /** What it may do, where that is less than its engine allows. */
  readonly permissions?: TaskPermissions | undefined;
  /**
   * Values of other tasks stand for arguments: how many parts of the payload
   * each has, behind those of the task itself.
   */
  readonly inputParts?: readonly number[] | undefined;
  /** Which run of the task this is, where it is not the first. */
  readonly attempt?: number | undefined;
  /**
   * The engine has it already, and is to answer how that run ends; `attempt`
   * is for one that does not have it any more.
   */
  readonly isHeld?: true | undefined;
  /** It may be called back until it starts: no slot fetches it ahead. */
  readonly waits?: true | undefined;
  /** The span above it, as W3C `traceparent`, where it is traced. */
  readonly trace?: string | undefined;
}

/**
 * How a task ended. `unmet`, `impossible` and `invalid` are about what it
 * depends on; an engine says `unmet` of a conditional task that it did not
 * start.
 */
export type TaskStatus =
  | "ok"
  | "error"
  | "engine_lost"
  | "cancelled"
  | "timed_out"
  | "refused"
  | "unmet"
  | "impossible"
  | "invalid";

/** Every way a task can end. */
export const TASK_STATUSES: readonly TaskStatus[] = [
  "ok",
  "error",
  "engine_lost",
  "cancelled",
  "timed_out",
  "refused",
  "unmet",
  "impossible",
  "invalid",
];

/**
 * Engine to scheduler to client: this is how it ended. The payload of `ok`
 * is the encoded value and its buffers, that of `error` the encoded error.
 */
export interface TaskOutcome {
  /** Which message this is. */
  readonly type: "task_outcome";
  /** The task. */
  readonly id: string;
  /** How it ended. */
  readonly status: TaskStatus;
  /** The engine that ran it; 0 where none did. */
  readonly engineId: number;
  /** When user code started, in milliseconds since the Unix epoch. */
  readonly startedMs: number;
  /** When user code ended, in milliseconds since the Unix epoch. */
  readonly completedMs: number;
  /** How many output messages the task sent, so that none is missed. */
  readonly outputs: number;
  /** Why, where the status is neither `ok` nor `error`. */
  readonly reason?: string | undefined;
  /** How the engine ended, where the status is `engine_lost`. */
  readonly end?: EngineEnd | undefined;
  /**
   * How many times it was given to an engine, as far as is known; absent, it
   * certainly was not more than once.
   */
  readonly attempts?: number | undefined;
  /** How many items went before it, where it made items; then no payload. */
  readonly items?: number | undefined;
  /** How many other events went before it, the dropped ones counted. */
  readonly events?: number | undefined;
  /** Scheduler to client: its number in the session; small ones overtake. */
  readonly place?: number | undefined;
}

/** Client to scheduler to engine: the unit behind a hash is the payload. */
export interface FunctionSource {
  /** Which message this is. */
  readonly type: "function_source";
  /** Names the function's source. */
  readonly hash: string;
}

/**
 * Scheduler to client, engine to scheduler: this source is not here (any
 * more), send it again.
 */
export interface FunctionMissing {
  /** Which message this is. */
  readonly type: "function_missing";
  /** Names the function's source. */
  readonly hash: string;
}

/** Client to scheduler to engine: do not run these, or stop running them. */
export interface TaskCancel {
  /** Which message this is. */
  readonly type: "task_cancel";
  /** The tasks. */
  readonly ids: readonly string[];
  /** Why, for people. */
  readonly reason: string;
}

/**
 * Scheduler to engine: give these back, where they have not started; others
 * could run them now.
 */
export interface TaskRecall {
  /** Which message this is. */
  readonly type: "task_recall";
  /** The tasks. */
  readonly ids: readonly string[];
}

/**
 * Engine to scheduler: these have not started here and never will. Those of
 * a recall that it does not name go on.
 */
export interface TaskReturned {
  /** Which message this is. */
  readonly type: "task_returned";
  /** The tasks. */
  readonly ids: readonly string[];
}

/** Every message of this conversation. */
export type TaskMessage =
  | TaskRequest
  | TaskAssign
  | TaskOutcome
  | FunctionSource
  | FunctionMissing
  | TaskCancel
  | TaskRecall
  | TaskReturned;

/**
 * The id of one run of a direct request, which has one for each target.
 *
 * @param index Position in the request's `targets`.
 */
export function directTaskId(requestId: string, index: number): string {
  return `${requestId}.${index}`;
}

function timeout(fields: Fields): { timeoutMs?: number } {
  const timeoutMs = optionalTimeout(fields, "timeoutMs");
  return timeoutMs === undefined ? {} : { timeoutMs };
}

/** What went before an outcome, where anything did. */
function told(fields: Fields): Partial<TaskOutcome> {
  const said: { items?: number; events?: number; place?: number } = {};
  if (fields["items"] !== undefined) said.items = count(fields, "items");
  if (fields["events"] !== undefined) said.events = count(fields, "events");
  if (fields["place"] !== undefined) said.place = count(fields, "place");
  return said;
}

/** What is said of a request that was sent before. */
function again(fields: Fields): { resent?: number; ended?: number[] } {
  const resent = optionalCount(fields, "resent");
  if (resent === undefined) return {};
  return fields["ended"] === undefined
    ? { resent }
    : { resent, ended: countList(fields, "ended") };
}

function permissions(fields: Fields): { permissions?: TaskPermissions } {
  if (fields["permissions"] === undefined) return {};
  return { permissions: taskPermissions(map(fields, "permissions")) };
}

/** How each message of this conversation is read. */
export const taskCodecs: {
  readonly [K in TaskMessage["type"]]: (
    fields: Fields,
  ) => Extract<TaskMessage, { type: K }>;
} = {
  "task_request": (fields) => ({
    type: "task_request",
    id: text(fields, "id"),
    mode: word(fields, "mode", ["direct", "balanced"]),
    targets: countList(fields, "targets"),
    work: readWork(map(fields, "work")),
    ...timeout(fields),
    ...permissions(fields),
    ...(fields["terms"] === undefined
      ? {}
      : { terms: taskTerms(map(fields, "terms")) }),
    ...again(fields),
    ...traceField(fields),
  }),
  "task_assign": (fields) => ({
    type: "task_assign",
    id: text(fields, "id"),
    client: text(fields, "client"),
    work: readWork(map(fields, "work")),
    ...timeout(fields),
    ...permissions(fields),
    ...(fields["inputParts"] === undefined
      ? {}
      : { inputParts: countList(fields, "inputParts") }),
    ...(fields["attempt"] === undefined
      ? {}
      : { attempt: count(fields, "attempt") }),
    ...(fields["isHeld"] === true ? { isHeld: true } as const : {}),
    ...(fields["waits"] === true ? { waits: true } as const : {}),
    ...traceField(fields),
  }),
  "task_outcome": (fields) => ({
    type: "task_outcome",
    id: text(fields, "id"),
    status: word(fields, "status", TASK_STATUSES),
    engineId: count(fields, "engineId"),
    startedMs: finite(fields, "startedMs"),
    completedMs: finite(fields, "completedMs"),
    outputs: count(fields, "outputs"),
    reason: optionalText(fields, "reason", TEXT_LENGTH_MAX),
    end: fields["end"] === undefined
      ? undefined
      : engineEnd(map(fields, "end")),
    attempts: optionalCount(fields, "attempts"),
    ...told(fields),
  }),
  "function_source": (fields) => ({
    type: "function_source",
    hash: text(fields, "hash"),
  }),
  "function_missing": (fields) => ({
    type: "function_missing",
    hash: text(fields, "hash"),
  }),
  "task_cancel": (fields) => ({
    type: "task_cancel",
    ids: textList(fields, "ids"),
    reason: text(fields, "reason", TEXT_LENGTH_MAX),
  }),
  "task_recall": (fields) => ({
    type: "task_recall",
    ids: textList(fields, "ids"),
  }),
  "task_returned": (fields) => ({
    type: "task_returned",
    ids: textList(fields, "ids"),
  }),
};
