import assert from "node:assert/strict";
import type { StatusReply } from "../messages/mod.ts";
import {
  stackText,
  statusJson,
  statusText,
  withQueues,
} from "./status_command.ts";

const PROCESS = {
  engineId: 0,
  host: "ada",
  pid: 41,
  slots: 0,
  labels: {},
  running: 0,
  queued: 0,
  finished: 0,
  memoryBytes: 0,
  silentMs: 3,
};

const STATUS: StatusReply = {
  type: "status_reply",
  requestId: 9,
  clusterId: "",
  uptimeMs: 12_345,
  clients: 3,
  clientKeys: [{ name: "alice", clients: 2 }, { name: "bob", clients: 1 }],
  processes: [
    { ...PROCESS, role: "hub", memoryBytes: 2 ** 26 },
    { ...PROCESS, role: "scheduler", pid: 42, running: 3, queued: 17 },
    { ...PROCESS, role: "engine", pid: 1043, slots: 2, key: "rack7" },
  ],
};

Deno.test("statusText() is a heading and an aligned table", () => {
  assert.equal(
    statusText(STATUS),
    [
      "The cluster is up for 12 s, 3 clients (alice × 2, bob)",
      "ROLE       ID  HOST   PID  SLOTS  RUNNING  QUEUED  FINISHED    MEMORY  KEY",
      "hub         -  ada     41      -        -       -         -  64.0 MiB  -",
      "scheduler   -  ada     42      -        3      17         0         -  -",
      "engine      0  ada   1043      2        0       0         0         -  rack7",
      "",
    ].join("\n"),
  );
});

Deno.test("statusText() says in one line which limits were reached", () => {
  const [hub, scheduler, engine] = STATUS.processes;
  assert.ok(hub && scheduler && engine);
  const reached = {
    ...STATUS,
    processes: [
      { ...hub, limits: { QUESTIONS_MAX: 1 } },
      { ...scheduler, limits: { tasksMax: 7, placementsMax: 2 } },
      { ...engine, limits: { outputLengthMax: 5 } },
      { ...engine, engineId: 1, limits: { outputLengthMax: 4, tasksMax: 3 } },
    ],
  };
  assert.equal(
    statusText(reached).split("\n").slice(6).join("\n"),
    "Limits reached: outputLengthMax (engine) × 9, tasksMax (scheduler) × 7, " +
      "tasksMax (engine) × 3, placementsMax (scheduler) × 2 and 1 more; " +
      "docs/limits.md says what each does, -o json by which process\n",
  );
  const { processes } = JSON.parse(statusJson(reached));
  assert.deepEqual(processes[1].limits, { tasksMax: 7, placementsMax: 2 });
});

Deno.test("statusJson() has the facts and nothing of the message around them", () => {
  const { clusterId, processes, ...others } = JSON.parse(statusJson(STATUS));
  assert.equal(clusterId, "");
  assert.equal(processes.length, 3);
  assert.deepEqual(others, {
    uptimeMs: 12_345,
    clients: 3,
    clientKeys: STATUS.clientKeys,
  });
});

Deno.test("stackText() has a paragraph for each slot", () => {
  const slots = [
    {
      slot: 0,
      taskId: "c-1",
      state: "running",
      frames: ["inner (ippd:f:3:5)", "ippd:cell-1:1:2"],
    },
    { slot: 1, state: "idle", frames: [] },
  ] as const;
  assert.equal(
    stackText([{ engineId: 4, slots }]),
    [
      "",
      "Engine 4, slot 0: running task c-1",
      "    at inner (ippd:f:3:5)",
      "    at ippd:cell-1:1:2",
      "",
      "Engine 4, slot 1: idle",
      "",
    ].join("\n"),
  );
});

Deno.test("withQueues() replaces what heartbeats said of queues", () => {
  const queues = {
    engines: [
      { engineId: 0, queued: 2, running: 5, finished: 9 },
      { engineId: 5, queued: 1, running: 1, finished: 1 },
    ],
    unassigned: 4,
  };
  const { processes } = withQueues(STATUS, queues);
  assert.deepEqual(
    processes.map(({ running, queued, finished }) => [
      running,
      queued,
      finished,
    ]),
    [[0, 0, 0], [6, 7, 0], [2, 5, 9]],
  );
  // Of several schedulers nobody knows which has what.
  const [hub, scheduler] = STATUS.processes;
  assert.ok(hub && scheduler);
  const two = { ...STATUS, processes: [scheduler, scheduler] };
  assert.deepEqual(withQueues(two, queues).processes, two.processes);
});
