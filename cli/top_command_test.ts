import assert from "node:assert/strict";
import type { ProcessStatus, StatusReply } from "../messages/mod.ts";
import { screenOf, topText } from "./top_command.ts";

function processOf(
  role: string,
  fields: Partial<ProcessStatus>,
): ProcessStatus {
  return {
    role,
    engineId: 0,
    host: "h",
    pid: 1,
    slots: 2,
    labels: {},
    running: 0,
    queued: 0,
    finished: 0,
    memoryBytes: 1 << 20,
    silentMs: 100,
    ...fields,
  };
}

function status(finished: number): StatusReply {
  return {
    type: "status_reply",
    requestId: 1,
    clusterId: "c",
    uptimeMs: 5_000,
    clients: 1,
    processes: [
      processOf("hub", {}),
      processOf("scheduler", { running: 1, queued: 7, finished }),
      processOf("engine", { engineId: 3, running: 1, finished }),
    ],
  };
}

Deno.test("topText shows load and, from the second look on, rates", () => {
  const first = { status: status(10), atMs: 1_000 };
  const text = topText(first, undefined);
  assert.match(text, /^c: up 5 s, 1 engines with 2 slots, 1 clients$/m);
  assert.match(text, /^tasks: 1 at engines, 7 waiting, 10 finished$/m);
  assert.match(text, /^ +3 +h +1 +#####\.\.\.\.\. +1 +0 +10 +- +1\.0 MiB/m);
  const second = topText({ status: status(30), atMs: 3_000 }, first);
  assert.match(second, / 10 +1\.0 MiB/);
});

Deno.test("screenOf() keeps what fits a screen, and clears behind each line", () => {
  const text = "one\ntwo long\nthree\nfour\n";
  assert.equal(
    screenOf(text, { columns: 5, rows: 24 }),
    "\x1b[Hone\x1b[K\ntwo l\x1b[K\nthree\x1b[K\nfour\x1b[K\n\x1b[J",
  );
  assert.equal(
    screenOf(text, { columns: 80, rows: 4 }),
    "\x1b[Hone\x1b[K\ntwo long\x1b[K\nand 2 more, on a higher screen\x1b[K\n\x1b[J",
  );
  assert.equal(screenOf(text, undefined), `${text}\n`);
});
