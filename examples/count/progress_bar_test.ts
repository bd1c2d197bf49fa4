import assert from "node:assert/strict";
import { ProgressBar } from "./progress_bar.ts";

/** What a terminal gets to see. */
function draw(isTerminal: boolean): string {
  let text = "";
  const write = (part: string): void => {
    text += part;
  };
  const bar = new ProgressBar(4, { isTerminal, write });
  bar.show(1);
  bar.aside(() => write("a line\n"));
  bar[Symbol.dispose]();
  return text;
}

Deno.test("ProgressBar draws over itself, makes room and goes away", () => {
  const lines = draw(true).split("\r\x1b[K");
  assert.deepEqual(lines, [
    "",
    `${"░".repeat(40)} 0/4`,
    `${"█".repeat(10)}${"░".repeat(30)} 1/4`,
    "a line\n",
    `${"█".repeat(10)}${"░".repeat(30)} 1/4`,
    "",
  ]);
});

Deno.test("ProgressBar stays away where nobody looks", () => {
  assert.equal(draw(false), "a line\n");
});
