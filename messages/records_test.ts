import assert from "node:assert/strict";
import { ProtocolError } from "../base/mod.ts";
import { decodeEnvelopes, encodeEnvelopes, type Message } from "./envelope.ts";
import { OBSERVATION_ROWS_MAX } from "./observation.ts";
import { FILTER_LENGTH_MAX } from "./records.ts";
import type { TaskRecord } from "./task_record.ts";

const RECORD: TaskRecord = {
  id: "c-1",
  client: "c",
  owner: "alice",
  label: "l",
  tags: ["a", "b"],
  mode: "direct",
  kind: "apply",
  function: "f",
  targets: [0],
  status: "running",
  engineId: 0,
  engineHost: "h",
  submittedMs: 1.5,
  startedMs: 2.5,
  completedMs: 3.5,
  receivedMs: 4.5,
  attempts: 1,
  detached: false,
  reason: "r",
  error: { name: "E", message: "m" },
  stdout: "o",
  stderr: "e",
  outputDropped: 1,
  requestBytes: 2,
  resultBytes: 3,
  requestKept: "inputs",
  resultKept: "no room",
};

const MESSAGES: readonly Message[] = [
  {
    type: "task_observations",
    batch: 1,
    dropped: 2,
    rows: 1,
    isWhole: true,
  },
  { type: "observations_ack", batch: 1 },
  { type: "observations_wanted", requestId: 1 },
  { type: "observations_told", requestId: 1 },
  {
    type: "query_request",
    requestId: 1,
    filter: "{}",
    keys: ["id"],
    sort: ["-id"],
    limit: 3,
  },
  {
    type: "query_reply",
    requestId: 1,
    records: [RECORD, { id: "c-2" }],
    count: 2,
    more: true,
    problem: "p",
  },
  { type: "result_request", ids: ["c-1"] },
  {
    type: "task_result",
    id: "c-1",
    status: "ok",
    engineId: 1,
    submittedMs: 1,
    startedMs: 2,
    completedMs: 3,
    reason: "r",
    resultBytes: 4,
    kept: "kept",
    stdout: "o",
    stderr: "e",
    outputDropped: 0,
    problem: "p",
  },
  { type: "purge_request", requestId: 1, what: "engine", ids: [], engineId: 3 },
  { type: "purge_reply", requestId: 1, purged: 2, problem: "p" },
  { type: "resubmit_request", requestId: 1, ids: ["c-1"] },
  { type: "resubmit_reply", requestId: 1, requests: [], problem: "p" },
  { type: "watch_request", watchId: 1, filter: "{}" },
  {
    type: "watch_event",
    watchId: 1,
    records: [RECORD],
    dropped: 1,
    problem: "p",
  },
  { type: "watch_next", watchId: 1, end: true },
  { type: "queue_request", requestId: 1 },
  {
    type: "queue_reply",
    requestId: 1,
    engines: [{ engineId: 0, queued: 1, running: 2, finished: 3 }],
    unassigned: 4,
    problem: "p",
  },
];

Deno.test("encodeEnvelopes and decodeEnvelopes give messages about records back", () => {
  for (const message of MESSAGES) {
    const frames = encodeEnvelopes([{ message, payload: [] }]);
    assert.deepEqual(decodeEnvelopes(frames)[0]?.message, message);
  }
});

Deno.test("decodeEnvelopes refuses a batch with too many observations", () => {
  const message: Message = {
    type: "task_observations",
    batch: 0,
    dropped: 0,
    rows: OBSERVATION_ROWS_MAX + 1,
  };
  const frames = encodeEnvelopes([{ message, payload: [] }]);
  assert.throws(() => decodeEnvelopes(frames), ProtocolError);
});

Deno.test("decodeEnvelopes refuses a filter above its length", () => {
  for (const [length, isRefused] of [[0, false], [1, true]] as const) {
    const message: Message = {
      type: "watch_request",
      watchId: 1,
      filter: "x".repeat(FILTER_LENGTH_MAX + length),
    };
    const frames = encodeEnvelopes([{ message, payload: [] }]);
    if (isRefused) assert.throws(() => decodeEnvelopes(frames), ProtocolError);
    else decodeEnvelopes(frames);
  }
});
