/**
 * One message of each type, with the fields that it must have: what an
 * attacker begins with.
 *
 * @module
 */
import type { EngineInfo, Message } from "../../messages/mod.ts";

const ENGINE: EngineInfo = {
  engineId: 1,
  routingId: "e-1",
  host: "h",
  pid: 2,
  slots: 1,
  labels: { a: "b" },
  resources: { gpu: 1 },
  registeredMs: 5,
};

/** A message of each type. */
export const SAMPLES: {
  readonly [K in Message["type"]]: Extract<Message, { type: K }>;
} = {
  "audit_report": {
    type: "audit_report",
    entries: [{ act: "ran", count: 3, publicKey: "k", detail: "d" }],
  },
  "client_connect": { type: "client_connect", protocol: 1, host: "h", pid: 1 },
  "client_connected": {
    type: "client_connected",
    clusterId: "",
    engines: [ENGINE],
    schedulers: [],
    heartbeatIntervalMs: 1,
  },
  "engine_joined": { type: "engine_joined", engine: ENGINE },
  "engine_leaving": { type: "engine_leaving", end: { reason: "r" } },
  "engine_left": { type: "engine_left", engineId: 1, end: { reason: "r" } },
  "engine_ready": { type: "engine_ready", engineId: 1, slots: 1, holding: [] },
  "engine_register": {
    type: "engine_register",
    protocol: 1,
    host: "h",
    pid: 1,
    slots: 1,
    labels: {},
  },
  "engine_registered": {
    type: "engine_registered",
    engineId: 1,
    heartbeatIntervalMs: 1,
    leaseMs: 1,
    schedulers: [],
  },
  "function_missing": { type: "function_missing", hash: "h" },
  "function_source": { type: "function_source", hash: "h" },
  heartbeat: {
    type: "heartbeat",
    running: 0,
    queued: 0,
    finished: 0,
    memoryBytes: 0,
  },
  "heartbeat_ack": { type: "heartbeat_ack", hubMs: 1 },
  "interrupt_reply": {
    type: "interrupt_reply",
    requestId: 0,
    engines: [{ engineId: 1, stopped: 1 }],
  },
  "interrupt_request": { type: "interrupt_request", requestId: 0, targets: [] },
  "keys_changed": {
    type: "keys_changed",
    keys: [{ publicKey: "k", role: "client", name: "n" }],
  },
  output: {
    type: "output",
    client: "c-1",
    taskId: "c-1-1",
    engineId: 1,
    stream: "stdout",
    text: "t",
    dropped: 0,
  },
  refused: { type: "refused", what: "w", reason: "r" },
  "scheduler_register": {
    type: "scheduler_register",
    protocol: 1,
    host: "h",
    pid: 1,
    address: { endpoints: ["tcp://h:1"], publicKey: "k" },
  },
  "scheduler_registered": {
    type: "scheduler_registered",
    keys: [],
    engines: [ENGINE],
    heartbeatIntervalMs: 1,
  },
  "schedulers_changed": {
    type: "schedulers_changed",
    schedulers: [{ endpoints: ["tcp://h:1"], publicKey: "k" }],
  },
  "shutdown_reply": { type: "shutdown_reply", requestId: 0, problem: "p" },
  "shutdown_request": {
    type: "shutdown_request",
    requestId: 0,
    targets: [],
    hub: true,
  },
  "slot_abort": { type: "slot_abort", id: "t" },
  "slot_drop": { type: "slot_drop", id: "t" },
  "slot_ready": { type: "slot_ready", token: "t", pid: 1 },
  "stack_reply": {
    type: "stack_reply",
    requestId: 0,
    engines: [{
      engineId: 1,
      slots: [{ slot: 0, state: "idle", frames: ["f"] }],
    }],
  },
  "stack_request": { type: "stack_request", requestId: 0, targets: [] },
  "status_reply": {
    type: "status_reply",
    requestId: 0,
    clusterId: "",
    uptimeMs: 1,
    clients: 1,
    processes: [],
  },
  "status_request": { type: "status_request", requestId: 0 },
  stop: { type: "stop", reason: "r" },
  "task_assign": {
    type: "task_assign",
    id: "c-1-1",
    client: "c-1",
    work: { kind: "apply", function: "h" },
  },
  "task_cancel": { type: "task_cancel", ids: ["c-1-1"], reason: "r" },
  "task_event": {
    type: "task_event",
    id: "c-1-1",
    engineId: 1,
    kind: "item",
    index: 0,
  },
  "task_event_ack": {
    type: "task_event_ack",
    id: "c-1-1",
    items: 1,
    events: 0,
  },
  "task_outcome": {
    type: "task_outcome",
    id: "c-1-1",
    status: "ok",
    engineId: 1,
    startedMs: 1,
    completedMs: 2,
    outputs: 0,
  },
  "task_request": {
    type: "task_request",
    id: "c-1-1",
    mode: "balanced",
    targets: [],
    work: { kind: "apply", function: "h" },
  },
};
