import assert from "node:assert/strict";
import fc from "fast-check";
import { utf8 } from "../../base/mod.ts";
import { LINE_LENGTH_MAX, OutputTail, TAIL_LINES_MAX } from "./output_tail.ts";

Deno.test("OutputTail gives the same lines however the bytes are cut", () => {
  const text = "first\nzweite Zeile: ä€😀\n\nlast without end";
  const bytes = utf8(text);
  for (let cut = 0; cut <= bytes.length; cut++) {
    const lines: string[] = [];
    const tail = new OutputTail((line) => void lines.push(line));
    tail.push(bytes.subarray(0, cut));
    tail.push(bytes.subarray(cut));
    tail.end();
    assert.deepEqual(lines, text.split("\n"), `cut at ${cut}`);
    assert.deepEqual(tail.lines, lines);
  }
});

Deno.test("OutputTail loses nothing whatever is pushed", () => {
  fc.assert(fc.property(fc.array(fc.string({ maxLength: 40 })), (texts) => {
    const lines: string[] = [];
    const tail = new OutputTail((line) => void lines.push(line));
    for (const text of texts) tail.push(utf8(`${text}\n`));
    tail.end();
    const expected = texts.flatMap((text) => utf8Text(text).split("\n"));
    assert.deepEqual(lines, expected);
  }));
});

/** What is left of a text on its way through UTF-8. */
function utf8Text(text: string): string {
  return new TextDecoder("utf-8", { ignoreBOM: true }).decode(utf8(text));
}

Deno.test("OutputTail keeps TAIL_LINES_MAX lines", () => {
  const tail = new OutputTail();
  for (let index = 0; index < TAIL_LINES_MAX + 5; index++) {
    tail.push(utf8(`${index}\n`));
  }
  assert.equal(tail.lines.length, TAIL_LINES_MAX);
  assert.equal(tail.lines[0], "5");
});

Deno.test("OutputTail splits lines longer than LINE_LENGTH_MAX", () => {
  const tail = new OutputTail();
  const long = "x".repeat(LINE_LENGTH_MAX + 7);
  tail.push(utf8(long));
  tail.push(utf8(`y\n${long}\n`));
  tail.end();
  assert.deepEqual(
    tail.lines.map((line) => line.length),
    [LINE_LENGTH_MAX, 8, LINE_LENGTH_MAX, 7],
  );
});
