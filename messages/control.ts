/**
 * Control: questions about the cluster, and its end.
 *
 * @module
 */
import {
  count,
  countList,
  type Fields,
  finite,
  flag,
  mapList,
  optionalText,
  text,
  TEXT_LENGTH_MAX,
  textMap,
} from "./fields.ts";

/** Client to hub: how is everybody? */
export interface StatusRequest {
  /** Which message this is. */
  readonly type: "status_request";
  /** Pairs a reply with its request. */
  readonly requestId: number;
}

/** One process of the cluster as the hub last heard of it. */
export interface ProcessStatus {
  /** `hub`, `scheduler` or `engine`. */
  readonly role: string;
  /** The engine's number; 0 for the others. */
  readonly engineId: number;
  /** Name of the host it runs on. */
  readonly host: string;
  /** Its process id there. */
  readonly pid: number;
  /** How many tasks it runs at once. */
  readonly slots: number;
  /** Free words that its starter gave it. */
  readonly labels: Readonly<Record<string, string>>;
  /** Tasks running there. */
  readonly running: number;
  /** Tasks waiting there. */
  readonly queued: number;
  /** Tasks finished there. */
  readonly finished: number;
  /** Resident memory in bytes, 0 when not yet known. */
  readonly memoryBytes: number;
  /** Milliseconds since it was last heard of. */
  readonly silentMs: number;
}

/** Hub to client: this is how everybody is. */
export interface StatusReply {
  /** Which message this is. */
  readonly type: "status_reply";
  /** Pairs a reply with its request. */
  readonly requestId: number;
  /** The cluster's name; may be empty. */
  readonly clusterId: string;
  /** How long the hub has been up, in milliseconds. */
  readonly uptimeMs: number;
  /** Clients connected. */
  readonly clients: number;
  /** Hub, schedulers and engines. */
  readonly processes: readonly ProcessStatus[];
}

/** Client to hub: end these engines, or everything. */
export interface ShutdownRequest {
  /** Which message this is. */
  readonly type: "shutdown_request";
  /** Pairs a reply with its request. */
  readonly requestId: number;
  /** Engine ids; empty means all. */
  readonly targets: readonly number[];
  /** Whether the hub and the schedulers end as well. */
  readonly hub: boolean;
}

/** Hub to client: it has been done, or why not. */
export interface ShutdownReply {
  /** Which message this is. */
  readonly type: "shutdown_reply";
  /** Pairs a reply with its request. */
  readonly requestId: number;
  /** Absent when it has been done. */
  readonly problem?: string | undefined;
}

/** Hub to an engine, scheduler or client: end now, in good order. */
export interface Stop {
  /** Which message this is. */
  readonly type: "stop";
  /** Why, for people. */
  readonly reason: string;
}

/** Every message of this conversation. */
export type ControlMessage =
  | StatusRequest
  | StatusReply
  | ShutdownRequest
  | ShutdownReply
  | Stop;

function processStatus(fields: Fields): ProcessStatus {
  return {
    role: text(fields, "role"),
    engineId: count(fields, "engineId"),
    host: text(fields, "host"),
    pid: count(fields, "pid"),
    slots: count(fields, "slots"),
    labels: textMap(fields, "labels"),
    running: count(fields, "running"),
    queued: count(fields, "queued"),
    finished: count(fields, "finished"),
    memoryBytes: count(fields, "memoryBytes"),
    silentMs: finite(fields, "silentMs"),
  };
}

/** How each message of this conversation is read. */
export const controlCodecs: {
  readonly [K in ControlMessage["type"]]: (
    fields: Fields,
  ) => Extract<ControlMessage, { type: K }>;
} = {
  "status_request": (fields) => ({
    type: "status_request",
    requestId: count(fields, "requestId"),
  }),
  "status_reply": (fields) => ({
    type: "status_reply",
    requestId: count(fields, "requestId"),
    clusterId: text(fields, "clusterId"),
    uptimeMs: finite(fields, "uptimeMs"),
    clients: count(fields, "clients"),
    processes: mapList(fields, "processes", processStatus),
  }),
  "shutdown_request": (fields) => ({
    type: "shutdown_request",
    requestId: count(fields, "requestId"),
    targets: countList(fields, "targets"),
    hub: flag(fields, "hub"),
  }),
  "shutdown_reply": (fields) => ({
    type: "shutdown_reply",
    requestId: count(fields, "requestId"),
    problem: optionalText(fields, "problem", TEXT_LENGTH_MAX),
  }),
  stop: (fields) => ({
    type: "stop",
    reason: text(fields, "reason", TEXT_LENGTH_MAX),
  }),
};
