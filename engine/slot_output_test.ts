import assert from "node:assert/strict";
import fc from "fast-check";
import { concatBytes, utf8 } from "../base/mod.ts";
import {
  encodeEventMarks,
  encodeMark,
  MarkKind,
  markMagic,
} from "./slot_mark.ts";
import { SlotOutputParser } from "./slot_output.ts";

const MAGIC = markMagic("token");

/** Parses chunks into a story; neighbouring output is joined. */
function parse(chunks: readonly Uint8Array[]): string[] {
  const story: string[] = [];
  const decoder = new TextDecoder("latin1");
  const parser = new SlotOutputParser(MAGIC, {
    output: (bytes) => {
      const text = decoder.decode(bytes);
      if (story.at(-1)?.startsWith("=")) story[story.length - 1] += text;
      else story.push(`=${text}`);
    },
    taskStarted: (sequence) => void story.push(`start ${sequence}`),
    taskEnded: (sequence) => void story.push(`end ${sequence}`),
    eventPart: (sequence, parts, bytes) =>
      void story.push(`event ${sequence} ${parts} ${decoder.decode(bytes)}`),
  });
  for (const chunk of chunks) parser.push(chunk);
  parser.end();
  return story;
}

const STREAM = concatBytes([
  utf8("raw"),
  encodeMark(MAGIC, MarkKind.START, 1),
  utf8("one\x1e\x00tok"),
  encodeMark(MAGIC, MarkKind.END, 1),
  ...encodeEventMarks(MAGIC, 9, utf8("x\x1e\x00token")),
  encodeMark(MAGIC, MarkKind.START, 70_000),
  encodeMark(MAGIC, MarkKind.END, 70_000),
  utf8("\x1etail\x1e\x00"),
]);

const STORY = [
  "=raw",
  "start 1",
  "=one\x1e\x00tok",
  "end 1",
  "event 9 3 x\x1e\x00token",
  "start 70000",
  "end 70000",
  "=\x1etail\x1e\x00",
];

Deno.test("SlotOutputParser finds the marks at every split point", () => {
  assert.deepEqual(parse([STREAM]), STORY);
  for (let first = 0; first <= STREAM.byteLength; first++) {
    for (let second = first; second <= STREAM.byteLength; second++) {
      const chunks = [
        STREAM.subarray(0, first),
        STREAM.subarray(first, second),
        STREAM.subarray(second),
      ];
      assert.deepEqual(parse(chunks), STORY, `split at ${first}, ${second}`);
    }
  }
  assert.deepEqual(
    parse([...STREAM].map((byte) => Uint8Array.of(byte))),
    STORY,
  );
});

Deno.test("SlotOutputParser gives back whatever is not a mark", () => {
  // Few different bytes, so that beginnings of marks are frequent.
  const bytes = fc.array(fc.constantFrom(...MAGIC, 65), { maxLength: 60 });
  fc.assert(fc.property(fc.array(bytes), (chunks) => {
    const arrays = chunks.map((chunk) => Uint8Array.from(chunk));
    const whole = new TextDecoder("latin1").decode(concatBytes(arrays));
    const isMarked = whole.includes("\x1e\x00token");
    fc.pre(!isMarked);
    assert.deepEqual(parse(arrays), whole === "" ? [] : [`=${whole}`]);
  }));
});

Deno.test("encodeEventMarks cuts what a pipe would not take whole", () => {
  const event = new Uint8Array(10_000).fill(65);
  const marks = encodeEventMarks(MAGIC, 3, event);
  assert.ok(marks.every((mark) => mark.byteLength <= 4096));
  const story = parse([concatBytes(marks)]);
  assert.deepEqual(story.map((line) => line.slice(0, 9)), [
    "event 3 1",
    "event 3 0",
    "event 3 2",
  ]);
  const bytes = story.map((line) => line.length - 10);
  assert.equal(bytes.reduce((sum, one) => sum + one), event.byteLength);
  assert.deepEqual(parse(encodeEventMarks(MAGIC, 4, new Uint8Array(0))), [
    "event 4 3 ",
  ]);
});
