import assert from "node:assert/strict";
import type { Message } from "../messages/mod.ts";
import { Questions, QUESTIONS_MAX } from "./questions.ts";

function bench(): {
  questions: Questions;
  said: [string, Message][];
  replies: () => Message[];
} {
  const said: [string, Message][] = [];
  const questions = new Questions({
    send: (to, message) => void said.push([to, message]),
    timeoutMs: 100,
  });
  const replies = (): Message[] =>
    said.splice(0).filter(([to]) => to === "c").map(([, message]) => message);
  return { questions, said, replies };
}

const ENGINES = [
  { engineId: 3, routingId: "e3" },
  { engineId: 1, routingId: "e1" },
];
const QUESTION = {
  type: "interrupt_request",
  requestId: 9,
  targets: [],
} as const;

function answer(requestId: number, engineId: number): Message & {
  type: "interrupt_reply";
} {
  const engines = [{ engineId, stopped: engineId }];
  return { type: "interrupt_reply", requestId, engines };
}

Deno.test("Questions collects the answers of all engines", () => {
  const { questions, said, replies } = bench();
  questions.asked("c", QUESTION, ENGINES, 0);
  assert.deepEqual(said, [
    ["e3", { type: "interrupt_request", requestId: 0, targets: [3] }],
    ["e1", { type: "interrupt_request", requestId: 0, targets: [1] }],
  ]);
  questions.answered(3, answer(0, 3));
  questions.answered(3, answer(0, 3));
  questions.answered(7, answer(0, 7));
  questions.answered(1, answer(5, 1));
  assert.deepEqual(replies(), []);
  questions.answered(1, answer(0, 1));
  assert.deepEqual(replies(), [{
    type: "interrupt_reply",
    requestId: 9,
    engines: [{ engineId: 1, stopped: 1 }, { engineId: 3, stopped: 3 }],
    problem: undefined,
  }]);
});

Deno.test("Questions says who did not answer", () => {
  const { questions, replies } = bench();
  const question = { ...QUESTION, type: "stack_request" } as const;
  questions.asked("c", question, ENGINES, 0);
  questions.engineLost(1);
  questions.tick(99);
  assert.deepEqual(replies(), []);
  questions.tick(100);
  assert.deepEqual(replies(), [{
    type: "stack_reply",
    requestId: 9,
    engines: [],
    problem: "engine 1 has left the cluster; engines 3 did not answer in time",
  }]);
});

Deno.test("Questions lets no engine answer for another", () => {
  const { questions, replies } = bench();
  questions.asked("c", QUESTION, ENGINES, 0);
  questions.answered(1, answer(0, 3));
  questions.answered(3, answer(0, 3));
  assert.deepEqual(replies(), [{
    type: "interrupt_reply",
    requestId: 9,
    engines: [{ engineId: 3, stopped: 3 }],
    problem: "engine 1 spoke for another",
  }]);
});

Deno.test("Questions answers at once where nobody is asked", () => {
  const { questions, replies } = bench();
  questions.asked("c", QUESTION, [], 0);
  assert.equal(replies().length, 1);
});

Deno.test("Questions refuses questions above its limit", () => {
  const { questions, replies } = bench();
  for (let n = 0; n < QUESTIONS_MAX; n++) {
    questions.asked("c", QUESTION, ENGINES, 0);
  }
  assert.deepEqual(replies(), []);
  questions.asked("c", QUESTION, ENGINES, 0);
  const [reply] = replies();
  assert.ok(reply?.type === "interrupt_reply");
  assert.match(reply.problem ?? "", /at most 256/);
});

Deno.test("Questions carries signals to engines, and their answers back", () => {
  const { questions, said, replies } = bench();
  const question = {
    type: "signal_request",
    requestId: 9,
    targets: [],
    signal: "SIGUSR1",
  } as const;
  questions.asked("c", question, ENGINES, 0);
  assert.deepEqual(said.map(([to, message]) => [to, message]), [
    ["e3", { ...question, requestId: 0, targets: [3] }],
    ["e1", { ...question, requestId: 0, targets: [1] }],
  ]);
  for (const engineId of [3, 1]) {
    questions.answered(engineId, {
      type: "signal_reply",
      requestId: 0,
      engines: [{ engineId, signalled: 2 }],
    });
  }
  assert.deepEqual(replies(), [{
    type: "signal_reply",
    requestId: 9,
    engines: [{ engineId: 1, signalled: 2 }, { engineId: 3, signalled: 2 }],
    problem: undefined,
  }]);
});
