import assert from "node:assert/strict";
import type { Message, TaskRecord } from "../messages/mod.ts";
import { QUEUE_QUESTIONS_MAX, QueueQuestions } from "./queue_questions.ts";
import {
  RecordWatches,
  WATCHED_RECORDS_MAX,
  WATCHES_MAX,
  WATCHES_PER_CLIENT_MAX,
} from "./record_watches.ts";
import { RESULTS_AWAITED_MAX, ResultWaiters } from "./result_waiters.ts";

Deno.test("RecordWatches holds a slow client's changes within its limit", () => {
  const sent: Message[] = [];
  const watches = new RecordWatches((_, message) => void sent.push(message));
  watches.add("c", 0, { kind: "and", parts: [] });
  assert.equal(sent.length, 1);
  const record: Omit<TaskRecord, "id"> = {
    client: "c",
    owner: "",
    tags: [],
    mode: "balanced",
    kind: "apply",
    targets: [],
    status: "ok",
    submittedMs: 1,
    attempts: 1,
    detached: false,
    stdout: "",
    stderr: "",
    outputDropped: 0,
    requestBytes: 0,
    resultBytes: 0,
    requestKept: "none",
    resultKept: "none",
  };
  for (let index = 0; index < WATCHED_RECORDS_MAX + 3; index++) {
    watches.changed({ ...record, id: `c-${index}` });
    watches.flush();
  }
  assert.equal(sent.length, 1);
  watches.next("c", 0, false);
  const event = sent[1];
  assert.ok(event?.type === "watch_event");
  assert.equal(event.dropped, 3);
  assert.equal(event.records[0]?.id, "c-3");
  // The next only come when those have been taken.
  watches.flush();
  assert.equal(sent.length, 2);
  for (let index = 1; index <= WATCHES_PER_CLIENT_MAX; index++) {
    watches.add("c", index, { kind: "and", parts: [] });
  }
  const refused = sent.at(-1);
  assert.ok(refused?.type === "watch_event");
  assert.match(refused.problem ?? "", /at most 64 watches/);
  watches.clientLeft("c");
  assert.equal(watches.size, 0);
});

Deno.test("RecordWatches refuses watches above the limit of all clients", () => {
  const sent: Message[] = [];
  const watches = new RecordWatches((_, message) => void sent.push(message));
  for (let index = 0; index <= WATCHES_MAX; index++) {
    watches.add(`c-${index % 100}`, index, { kind: "and", parts: [] });
  }
  assert.equal(watches.size, WATCHES_MAX);
  const refused = sent.at(-1);
  assert.ok(refused?.type === "watch_event");
  assert.match(refused.problem ?? "", /at most 1024 watches/);
});

Deno.test("ResultWaiters counts who waits, and has a limit", () => {
  const waiters = new ResultWaiters();
  for (let index = 0; index < RESULTS_AWAITED_MAX; index++) {
    waiters.add(String(index), { routingId: "c" });
  }
  assert.ok(!waiters.hasRoom);
  assert.deepEqual(waiters.take("0"), [{ routingId: "c" }]);
  assert.ok(waiters.hasRoom);
  waiters.notKnown("1", 5);
  assert.deepEqual(waiters.expired(4), []);
  assert.deepEqual(waiters.expired(5), ["1"]);
  waiters.clientLeft("c");
  assert.equal(waiters.size, 0);
});

Deno.test("QueueQuestions adds answers up, and refuses questions above its limit", () => {
  const sent: { to: string; message: Message }[] = [];
  const questions = new QueueQuestions({
    send: (to, message) => void sent.push({ to, message }),
    timeoutMs: 10,
  });
  const engines = [{ engineId: 1, queued: 1, running: 2, finished: 3 }];
  questions.asked("c", 7, ["s-1", "s-2"], 0);
  for (const scheduler of ["s-1", "s-2", "s-2"]) {
    const type = "queue_reply";
    questions.answered(scheduler, {
      type,
      requestId: 0,
      engines,
      unassigned: 4,
    });
  }
  assert.deepEqual(sent.at(-1), {
    to: "c",
    message: {
      type: "queue_reply",
      requestId: 7,
      engines: [{ engineId: 1, queued: 2, running: 4, finished: 6 }],
      unassigned: 8,
      problem: undefined,
    },
  });
  for (let index = 0; index <= QUEUE_QUESTIONS_MAX; index++) {
    questions.asked("c", index, ["s-1"], 0);
  }
  const refused = sent.at(-1)?.message;
  assert.ok(refused?.type === "queue_reply");
  assert.match(refused.problem ?? "", /at most 1024/);
  questions.tick(10);
  const late = sent.at(-1)?.message;
  assert.ok(late?.type === "queue_reply");
  assert.match(late.problem ?? "", /did not answer/);
});
