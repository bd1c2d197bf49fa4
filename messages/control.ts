/**
 * Control: questions about the cluster, and its end.
 *
 * @module
 */
import type { LimitCounts } from "../base/mod.ts";
import { type ClusterFigures, clusterFigures } from "./cluster_figures.ts";
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
  textMap,
  word,
} from "./fields.ts";
import { optionalLimits } from "./limit_counts.ts";

/** Longest frame of a stack, in UTF-16 units. */
export const FRAME_LENGTH_MAX = 1024;

/** Client to hub: how is everybody? */
export interface StatusRequest {
  /** Which message this is. */
  readonly type: "status_request";
  /** Pairs a reply with its request. */
  readonly requestId: number;
}

/** One process of the cluster as the hub last heard of it. */
export interface ProcessStatus {
  /** `hub`, `scheduler`, `leaf` or `engine`. */
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
  /** What people call its key; absent when it has no name. */
  readonly key?: string | undefined;
  /** How many engines are connected to it; absent for all but leaves. */
  readonly engines?: number | undefined;
  /**
   * How often each limit was reached since it started, by the names of
   * `docs/limits.md`; absent where none was.
   */
  readonly limits?: LimitCounts | undefined;
}

/** The clients that use one key. */
export interface ClientKey {
  /** What people call the key. */
  readonly name: string;
  /** How many clients use it. */
  readonly clients: number;
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
  /** Whose clients they are; absent from a hub that does not say. */
  readonly clientKeys?: readonly ClientKey[] | undefined;
  /** Hub, schedulers and engines. */
  readonly processes: readonly ProcessStatus[];
  /** What the hub has counted; absent from a hub that does not say. */
  readonly figures?: ClusterFigures | undefined;
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

/**
 * Client to hub to engines: stop what runs there. Tasks that wait go on. The
 * hub gives the request a number of its own and names one engine in each.
 */
export interface InterruptRequest {
  /** Which message this is. */
  readonly type: "interrupt_request";
  /** Pairs a reply with its request. */
  readonly requestId: number;
  /** Engine ids; empty means all. */
  readonly targets: readonly number[];
}

/** What one engine stops. */
export interface EngineInterrupt {
  /** The engine's number. */
  readonly engineId: number;
  /** How many tasks are being stopped. */
  readonly stopped: number;
}

/** Engine to hub to client: what runs is being stopped. */
export interface InterruptReply {
  /** Which message this is. */
  readonly type: "interrupt_reply";
  /** Pairs a reply with its request. */
  readonly requestId: number;
  /** What each engine stops. */
  readonly engines: readonly EngineInterrupt[];
  /** Absent when everybody has answered. */
  readonly problem?: string | undefined;
}

/** Client to hub to engines: what runs there, and where is it? */
export interface StackRequest {
  /** Which message this is. */
  readonly type: "stack_request";
  /** Pairs a reply with its request. */
  readonly requestId: number;
  /** Engine ids; empty means all. */
  readonly targets: readonly number[];
  /** Whether somebody wants to debug there. */
  readonly forDebugger?: true;
}

/** What one slot does. */
export interface SlotStack {
  /** The slot's number in its engine. */
  readonly slot: number;
  /** The task that runs there; absent when none does. */
  readonly taskId?: string | undefined;
  /**
   * `idle` without a task, `waiting` when its task waits, `running` with
   * frames, `unknown` where nobody can look.
   */
  readonly state: SlotActivity;
  /** The frames of its code, the innermost first. */
  readonly frames: readonly string[];
  /** Where a debugger of its host can attach, for who asked for that. */
  readonly inspector?: string | undefined;
}

/** What a slot may be doing. */
export type SlotActivity = "idle" | "waiting" | "running" | "unknown";

/** What the slots of one engine do. */
export interface EngineStack {
  /** The engine's number. */
  readonly engineId: number;
  /** Its slots in their order. */
  readonly slots: readonly SlotStack[];
}

/** Engine to hub to client: this is what runs. */
export interface StackReply {
  /** Which message this is. */
  readonly type: "stack_reply";
  /** Pairs a reply with its request. */
  readonly requestId: number;
  /** What each engine does. */
  readonly engines: readonly EngineStack[];
  /** Absent when everybody has answered. */
  readonly problem?: string | undefined;
}

/**
 * Client to hub to engines: send the slots' processes a signal of the
 * operating system.
 */
export interface SignalRequest {
  /** Which message this is. */
  readonly type: "signal_request";
  /** Pairs a reply with its request. */
  readonly requestId: number;
  /** Engine ids; empty means all. */
  readonly targets: readonly number[];
  /** The signal's name, such as `SIGUSR1`. */
  readonly signal: string;
}

/** Whom one engine has sent a signal. */
export interface EngineSignalled {
  /** The engine's number. */
  readonly engineId: number;
  /** How many slots' processes it was sent to. */
  readonly signalled: number;
}

/** Engine to hub to client: the signal has been sent. */
export interface SignalReply {
  /** Which message this is. */
  readonly type: "signal_reply";
  /** Pairs a reply with its request. */
  readonly requestId: number;
  /** What each engine did. */
  readonly engines: readonly EngineSignalled[];
  /** Absent when everybody has answered. */
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
  | InterruptRequest
  | InterruptReply
  | StackRequest
  | StackReply
  | SignalRequest
  | SignalReply
  | Stop;

const SLOT_ACTIVITIES: readonly SlotActivity[] = [
  "idle",
  "waiting",
  "running",
  "unknown",
];

function slotStack(fields: Fields): SlotStack {
  const inspector = optionalText(fields, "inspector");
  return {
    slot: count(fields, "slot"),
    taskId: optionalText(fields, "taskId"),
    state: word(fields, "state", SLOT_ACTIVITIES),
    frames: textList(fields, "frames", FRAME_LENGTH_MAX),
    ...(inspector !== undefined && { inspector }),
  };
}

function processStatus(fields: Fields): ProcessStatus {
  const key = optionalText(fields, "key");
  const engines = optionalCount(fields, "engines");
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
    ...(key === undefined ? {} : { key }),
    ...(engines === undefined ? {} : { engines }),
    ...optionalLimits(fields),
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
    ...(fields["clientKeys"] === undefined ? {} : {
      clientKeys: mapList(fields, "clientKeys", (key) => ({
        name: text(key, "name"),
        clients: count(key, "clients"),
      })),
    }),
    processes: mapList(fields, "processes", processStatus),
    ...(fields["figures"] === undefined
      ? {}
      : { figures: clusterFigures(map(fields, "figures")) }),
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
  "interrupt_request": (fields) => ({
    type: "interrupt_request",
    requestId: count(fields, "requestId"),
    targets: countList(fields, "targets"),
  }),
  "interrupt_reply": (fields) => ({
    type: "interrupt_reply",
    requestId: count(fields, "requestId"),
    engines: mapList(fields, "engines", (engine) => ({
      engineId: count(engine, "engineId"),
      stopped: count(engine, "stopped"),
    })),
    problem: optionalText(fields, "problem", TEXT_LENGTH_MAX),
  }),
  "stack_request": (fields) => ({
    type: "stack_request",
    requestId: count(fields, "requestId"),
    targets: countList(fields, "targets"),
    ...(fields["forDebugger"] === true && { forDebugger: true }),
  }),
  "stack_reply": (fields) => ({
    type: "stack_reply",
    requestId: count(fields, "requestId"),
    engines: mapList(fields, "engines", (engine) => ({
      engineId: count(engine, "engineId"),
      slots: mapList(engine, "slots", slotStack),
    })),
    problem: optionalText(fields, "problem", TEXT_LENGTH_MAX),
  }),
  "signal_request": (fields) => ({
    type: "signal_request",
    requestId: count(fields, "requestId"),
    targets: countList(fields, "targets"),
    signal: text(fields, "signal"),
  }),
  "signal_reply": (fields) => ({
    type: "signal_reply",
    requestId: count(fields, "requestId"),
    engines: mapList(fields, "engines", (engine) => ({
      engineId: count(engine, "engineId"),
      signalled: count(engine, "signalled"),
    })),
    problem: optionalText(fields, "problem", TEXT_LENGTH_MAX),
  }),
  stop: (fields) => ({
    type: "stop",
    reason: text(fields, "reason", TEXT_LENGTH_MAX),
  }),
};
