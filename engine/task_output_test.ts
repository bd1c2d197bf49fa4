import assert from "node:assert/strict";
import { concatBytes, utf8 } from "../base/mod.ts";
import {
  decodeValue,
  encodeValue,
  type OutputStream,
  TASK_EVENT_BYTES_MAX,
  type TaskAssign,
} from "../messages/mod.ts";
import { encodeEventRecord } from "./event_record.ts";
import {
  encodeEventMarks,
  encodeMark,
  EventPart,
  MarkKind,
  markMagic,
  StreamBit,
} from "./slot_mark.ts";
import { OUTPUT_TEXT_BYTES_MAX, TaskOutput } from "./task_output.ts";

const MAGIC = markMagic("token");
function start(sequence: number): Uint8Array {
  return encodeMark(MAGIC, MarkKind.START, sequence);
}

function end(sequence: number): Uint8Array {
  return encodeMark(MAGIC, MarkKind.END, sequence);
}

function task(id: string): TaskAssign {
  return {
    type: "task_assign",
    id,
    client: "c",
    work: { kind: "apply", function: "f" },
  };
}

function scripted(roomFor = Infinity) {
  const story: string[] = [];
  let room = roomFor;
  const output = new TaskOutput({
    magic: MAGIC,
    send: (assign, stream, text, dropped) => {
      if (text !== "" && text.length > room) return false;
      room -= text.length;
      story.push(`${assign?.id} ${stream} ${JSON.stringify(text)} ${dropped}`);
      return true;
    },
    event: (assign, { kind, payload }) =>
      void story.push(
        `${assign.id} ${kind} ${JSON.stringify(decodeValue(payload))}`,
      ),
    onTaskEnded: () => void story.push("ended"),
  });
  const push = (stream: OutputStream, ...parts: (string | Uint8Array)[]) =>
    output.push(
      stream,
      concatBytes(parts.map((p) => typeof p === "string" ? utf8(p) : p)),
    );
  return { output, push, told: () => story.splice(0), give: () => room = 1e9 };
}

Deno.test("TaskOutput knows a marked task however late its outcome comes", () => {
  const { output, push, told } = scripted();
  for (const id of ["a", "b", "c"]) output.taskAssigned(task(id));
  push("stdout", start(1), "one", end(1), start(3), "three", end(3));
  assert.deepEqual(told(), [
    'a stdout "one" 0',
    "ended",
    'c stdout "three" 0',
    "ended",
  ]);
  const first = output.taskFinished();
  assert.equal(first?.outputs, 1);
  assert.equal(first?.endedStreams, StreamBit.STDOUT);
  assert.equal(output.taskFinished()?.outputs, 0);
  assert.equal(output.taskFinished()?.outputs, 1);
});

Deno.test("TaskOutput gives unmarked bytes to the task that runs", () => {
  const { output, push, told } = scripted();
  push("stderr", "nobody");
  output.taskAssigned(task("a"));
  push("stderr", "somebody");
  assert.deepEqual(told(), [
    'undefined stderr "nobody" 0',
    'a stderr "somebody" 0',
  ]);
});

Deno.test("TaskOutput never splits a character", () => {
  const { output, push, told } = scripted();
  output.taskAssigned(task("a"));
  const bytes = utf8("é€😀");
  push("stdout", start(1));
  for (const byte of bytes) push("stdout", Uint8Array.of(byte));
  push("stdout", bytes.subarray(0, 1), end(1));
  assert.deepEqual(told(), [
    'a stdout "é" 0',
    'a stdout "€" 0',
    'a stdout "😀" 0',
    'a stdout "\ufffd" 0',
    "ended",
  ]);
});

Deno.test("TaskOutput cuts pieces that are too long", () => {
  const { output, push, told } = scripted();
  output.taskAssigned(task("a"));
  push("stdout", "x".repeat(OUTPUT_TEXT_BYTES_MAX + 1));
  assert.deepEqual(
    told().map((line) => line.length - 13),
    [
      OUTPUT_TEXT_BYTES_MAX,
      1,
    ].map((length) => length),
  );
});

Deno.test("TaskOutput says how much was dropped, at the latest at the end", () => {
  const { output, push, told, give } = scripted(4);
  output.taskAssigned(task("a"));
  push("stdout", start(1), "1234");
  push("stdout", "56789");
  assert.deepEqual(told(), ['a stdout "1234" 0']);
  push("stdout", "0", end(1));
  assert.deepEqual(told(), ['a stdout "" 6', "ended"]);
  output.taskFinished();
  give();
  output.taskAssigned(task("b"));
  push("stdout", start(2), "new", end(2));
  assert.deepEqual(told(), ['b stdout "new" 0', "ended"]);
});

Deno.test("TaskOutput hands on events between output, in order", () => {
  const { output, push, told } = scripted();
  output.taskAssigned(task("a"));
  const event = encodeEventRecord("publish", encodeValue("x".repeat(9000)));
  push("stdout", start(1), "before");
  for (const mark of encodeEventMarks(MAGIC, 1, event)) push("stdout", mark);
  push("stdout", "after", end(1));
  assert.deepEqual(told(), [
    'a stdout "before" 0',
    `a publish "${"x".repeat(9000)}"`,
    'a stdout "after" 0',
    "ended",
  ]);
});

Deno.test("TaskOutput leaves out events that are none", () => {
  const { output, push, told } = scripted();
  output.taskAssigned(task("a"));
  const mark = (sequence: number, bytes: Uint8Array) =>
    push("stdout", ...encodeEventMarks(MAGIC, sequence, bytes));
  mark(1, utf8("forged by user code"));
  mark(1, encodeEventRecord("item", encodeValue(1)));
  mark(7, encodeEventRecord("publish", encodeValue("of nobody")));
  const [cut = new Uint8Array(0)] = encodeEventMarks(
    MAGIC,
    1,
    encodeEventRecord("publish", encodeValue("y".repeat(9000))),
  );
  push("stdout", cut);
  mark(1, encodeEventRecord("publish", encodeValue("whole")));
  assert.deepEqual(told(), ['a publish "whole"']);
  assert.equal(EventPart.FIRST | EventPart.LAST, 3);
});

Deno.test("TaskOutput does not collect more than an event may have", () => {
  const { output, push, told } = scripted();
  output.taskAssigned(task("a"));
  const large = new Uint8Array(TASK_EVENT_BYTES_MAX);
  const event = encodeEventRecord("publish", encodeValue(large));
  push("stdout", ...encodeEventMarks(MAGIC, 1, event));
  push(
    "stdout",
    ...encodeEventMarks(MAGIC, 1, encodeEventRecord("publish", encodeValue(2))),
  );
  assert.deepEqual(told(), ["a publish 2"]);
});
