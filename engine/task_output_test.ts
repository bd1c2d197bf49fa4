import assert from "node:assert/strict";
import { concatBytes, utf8 } from "../base/mod.ts";
import type { OutputStream, TaskAssign } from "../messages/mod.ts";
import { encodeMark, MarkKind, markMagic, StreamBit } from "./slot_mark.ts";
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
