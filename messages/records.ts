/**
 * Records: what clients ask the hub about tasks, and what it answers.
 *
 * @module
 */
import {
  count,
  countList,
  type Fields,
  finite,
  flag,
  map,
  mapList,
  optionalCount,
  optionalText,
  text,
  TEXT_LENGTH_MAX,
  textList,
  word,
} from "./fields.ts";
import { TASK_STATUSES, type TaskStatus } from "./task.ts";
import { readWork, type Work } from "./work.ts";
import {
  type EngineQueue,
  type Kept,
  KEPT_WORDS,
  readEngineQueue,
  readRecord,
  type TaskRecordPart,
} from "./task_record.ts";
import { optionalTimeout, type TaskTerms, taskTerms } from "./task_terms.ts";

/** Longest filter as JSON, in UTF-16 units. */
export const FILTER_LENGTH_MAX: number = 256 << 10;

/** Client to hub: which records fit? */
export interface QueryRequest {
  /** Which message this is. */
  readonly type: "query_request";
  /** Pairs a reply with its request. */
  readonly requestId: number;
  /** The filter as JSON. */
  readonly filter: string;
  /** Fields that are wanted; empty means all. */
  readonly keys: readonly string[];
  /** Fields to sort by, with `-` before those that go downwards. */
  readonly sort: readonly string[];
  /** Most records wanted; 0 only counts. */
  readonly limit: number;
}

/** Hub to client: these. */
export interface QueryReply {
  /** Which message this is. */
  readonly type: "query_reply";
  /** Pairs a reply with its request. */
  readonly requestId: number;
  /** The records, or what was asked of them. */
  readonly records: readonly TaskRecordPart[];
  /** How many fit, where only that was asked. */
  readonly count: number;
  /** Whether another reply with further records follows. */
  readonly more: boolean;
  /** Why there is no answer. */
  readonly problem?: string | undefined;
}

/** Client to hub: tell me how these end, now or when they do. */
export interface ResultRequest {
  /** Which message this is. */
  readonly type: "result_request";
  /** The tasks. */
  readonly ids: readonly string[];
}

/** Hub to client: this is how one ended; the payload is what was kept. */
export interface TaskResult {
  /** Which message this is. */
  readonly type: "task_result";
  /** The task. */
  readonly id: string;
  /** How it ended; absent with a problem. */
  readonly status?: TaskStatus | undefined;
  /** The engine that ran it; 0 where none did. */
  readonly engineId: number;
  /** When it was submitted. */
  readonly submittedMs: number;
  /** When its code began; 0 when it did not. */
  readonly startedMs: number;
  /** When its code ended; 0 when it did not begin. */
  readonly completedMs: number;
  /** Why, where that is neither a value nor an error. */
  readonly reason?: string | undefined;
  /** Bytes of the value or error. */
  readonly resultBytes: number;
  /** Whether it was kept. */
  readonly kept: Kept;
  /** The end of what it wrote to standard output. */
  readonly stdout: string;
  /** The end of what it wrote to standard error. */
  readonly stderr: string;
  /** UTF-16 units of output before those. */
  readonly outputDropped: number;
  /** Why there is no result. */
  readonly problem?: string | undefined;
}

/** Client to hub: forget these, which have ended. */
export interface PurgeRequest {
  /** Which message this is. */
  readonly type: "purge_request";
  /** Pairs a reply with its request. */
  readonly requestId: number;
  /** What to forget: records by id, those of one engine, or all. */
  readonly what: "ids" | "engine" | "all";
  /** The records, with `ids`. */
  readonly ids: readonly string[];
  /** The engine, with `engine`. */
  readonly engineId?: number | undefined;
}

/** Hub to client: so many are forgotten. */
export interface PurgeReply {
  /** Which message this is. */
  readonly type: "purge_reply";
  /** Pairs a reply with its request. */
  readonly requestId: number;
  /** How many were forgotten. */
  readonly purged: number;
  /** Why nothing was. */
  readonly problem?: string | undefined;
}

/** Client to hub: give me these requests, to submit them again. */
export interface ResubmitRequest {
  /** Which message this is. */
  readonly type: "resubmit_request";
  /** Pairs a reply with its request. */
  readonly requestId: number;
  /** The tasks. */
  readonly ids: readonly string[];
}

/** A request that was kept. */
export interface KeptRequest {
  /** What to run. */
  readonly work: Work;
  /** Sent to one named engine, or to any. */
  readonly mode: "direct" | "balanced";
  /** Engine ids; empty means any. */
  readonly targets: readonly number[];
  /** When and where it is to run. */
  readonly terms?: TaskTerms | undefined;
  /** How long it may run. */
  readonly timeoutMs?: number | undefined;
  /** Whether a function's unit comes first in its part of the payload. */
  readonly hasUnit: boolean;
  /** How many parts of the payload are its own, the unit among them. */
  readonly parts: number;
}

/** Hub to client: these are the requests, in the order of the ids. */
export interface ResubmitReply {
  /** Which message this is. */
  readonly type: "resubmit_reply";
  /** Pairs a reply with its request. */
  readonly requestId: number;
  /** The requests. */
  readonly requests: readonly KeptRequest[];
  /** Why there are none. */
  readonly problem?: string | undefined;
}

/** Client to hub: tell me of records that fit as they change. */
export interface WatchRequest {
  /** Which message this is. */
  readonly type: "watch_request";
  /** Names the watch, among those of this client. */
  readonly watchId: number;
  /** The filter as JSON. */
  readonly filter: string;
}

/** Hub to client: these changed. */
export interface WatchEvent {
  /** Which message this is. */
  readonly type: "watch_event";
  /** Names the watch. */
  readonly watchId: number;
  /** The records as they are now; empty says that the watch stands. */
  readonly records: readonly TaskRecordPart[];
  /** How many changes were left out, because the client was slow. */
  readonly dropped: number;
  /** Why there is no watch. */
  readonly problem?: string | undefined;
}

/** Client to hub: go on with a watch, or end it. */
export interface WatchNext {
  /** Which message this is. */
  readonly type: "watch_next";
  /** Names the watch. */
  readonly watchId: number;
  /** Whether it ends. */
  readonly end: boolean;
}

/** Client to hub to schedulers: how many tasks has each engine? */
export interface QueueRequest {
  /** Which message this is. */
  readonly type: "queue_request";
  /** Pairs a reply with its request. */
  readonly requestId: number;
}

/** Schedulers to hub to client: so many. */
export interface QueueReply {
  /** Which message this is. */
  readonly type: "queue_reply";
  /** Pairs a reply with its request. */
  readonly requestId: number;
  /** How many each engine has, by ascending id. */
  readonly engines: readonly EngineQueue[];
  /** Tasks that wait for any engine. */
  readonly unassigned: number;
  /** Why the answer is not complete. */
  readonly problem?: string | undefined;
}

/** Every message of this conversation. */
export type RecordMessage =
  | QueryRequest
  | QueryReply
  | ResultRequest
  | TaskResult
  | PurgeRequest
  | PurgeReply
  | ResubmitRequest
  | ResubmitReply
  | WatchRequest
  | WatchEvent
  | WatchNext
  | QueueRequest
  | QueueReply;

function keptRequest(fields: Fields): KeptRequest {
  return {
    work: readWork(map(fields, "work")),
    mode: word(fields, "mode", ["direct", "balanced"]),
    targets: countList(fields, "targets"),
    terms: fields["terms"] === undefined
      ? undefined
      : taskTerms(map(fields, "terms")),
    timeoutMs: optionalTimeout(fields, "timeoutMs"),
    hasUnit: flag(fields, "hasUnit"),
    parts: count(fields, "parts"),
  };
}

function taskResult(fields: Fields): TaskResult {
  return {
    type: "task_result",
    id: text(fields, "id"),
    status: fields["status"] === undefined
      ? undefined
      : word(fields, "status", TASK_STATUSES),
    engineId: count(fields, "engineId"),
    submittedMs: finite(fields, "submittedMs"),
    startedMs: finite(fields, "startedMs"),
    completedMs: finite(fields, "completedMs"),
    reason: optionalText(fields, "reason", TEXT_LENGTH_MAX),
    resultBytes: count(fields, "resultBytes"),
    kept: word(fields, "kept", KEPT_WORDS),
    stdout: text(fields, "stdout", TEXT_LENGTH_MAX),
    stderr: text(fields, "stderr", TEXT_LENGTH_MAX),
    outputDropped: count(fields, "outputDropped"),
    problem: optionalText(fields, "problem", TEXT_LENGTH_MAX),
  };
}

/** How each message of this conversation is read. */
export const recordCodecs: {
  readonly [K in RecordMessage["type"]]: (
    fields: Fields,
  ) => Extract<RecordMessage, { type: K }>;
} = {
  "query_request": (fields) => ({
    type: "query_request",
    requestId: count(fields, "requestId"),
    filter: text(fields, "filter", FILTER_LENGTH_MAX),
    keys: textList(fields, "keys"),
    sort: textList(fields, "sort"),
    limit: count(fields, "limit"),
  }),
  "query_reply": (fields) => ({
    type: "query_reply",
    requestId: count(fields, "requestId"),
    records: mapList(fields, "records", readRecord),
    count: count(fields, "count"),
    more: flag(fields, "more"),
    problem: optionalText(fields, "problem", TEXT_LENGTH_MAX),
  }),
  "result_request": (fields) => ({
    type: "result_request",
    ids: textList(fields, "ids"),
  }),
  "task_result": taskResult,
  "purge_request": (fields) => ({
    type: "purge_request",
    requestId: count(fields, "requestId"),
    what: word(fields, "what", ["ids", "engine", "all"]),
    ids: textList(fields, "ids"),
    engineId: optionalCount(fields, "engineId"),
  }),
  "purge_reply": (fields) => ({
    type: "purge_reply",
    requestId: count(fields, "requestId"),
    purged: count(fields, "purged"),
    problem: optionalText(fields, "problem", TEXT_LENGTH_MAX),
  }),
  "resubmit_request": (fields) => ({
    type: "resubmit_request",
    requestId: count(fields, "requestId"),
    ids: textList(fields, "ids"),
  }),
  "resubmit_reply": (fields) => ({
    type: "resubmit_reply",
    requestId: count(fields, "requestId"),
    requests: mapList(fields, "requests", keptRequest),
    problem: optionalText(fields, "problem", TEXT_LENGTH_MAX),
  }),
  "watch_request": (fields) => ({
    type: "watch_request",
    watchId: count(fields, "watchId"),
    filter: text(fields, "filter", FILTER_LENGTH_MAX),
  }),
  "watch_event": (fields) => ({
    type: "watch_event",
    watchId: count(fields, "watchId"),
    records: mapList(fields, "records", readRecord),
    dropped: count(fields, "dropped"),
    problem: optionalText(fields, "problem", TEXT_LENGTH_MAX),
  }),
  "watch_next": (fields) => ({
    type: "watch_next",
    watchId: count(fields, "watchId"),
    end: flag(fields, "end"),
  }),
  "queue_request": (fields) => ({
    type: "queue_request",
    requestId: count(fields, "requestId"),
  }),
  "queue_reply": (fields) => ({
    type: "queue_reply",
    requestId: count(fields, "requestId"),
    engines: mapList(fields, "engines", readEngineQueue),
    unassigned: count(fields, "unassigned"),
    problem: optionalText(fields, "problem", TEXT_LENGTH_MAX),
  }),
};
