import assert from "node:assert/strict";
import {
  guideBlock,
  guidePrograms,
  matchesExpected,
} from "./guide_programs.ts";

Deno.test("guidePrograms() pairs programs with what they print", () => {
  const markdown = [
    "```ts ignore\na\n```",
    "```text\nnot output\n```",
    "```ts\nb;\nc;\n```\n\n```text\nd\n```",
    "```sh\ne\n```",
  ].join("\n\n");
  assert.deepEqual(guidePrograms(markdown), [
    { code: "b;\nc;\n", expected: "d\n" },
  ]);
  assert.throws(
    () => guidePrograms("```ts\nb\n```\n\n```ts\nc\n```\n"),
    /nothing says what it prints: b/,
  );
  assert.throws(() => guidePrograms("```ts\nb\n```\n"), /nothing says/);
  assert.deepEqual(guidePrograms("```sh x\nf\n```\n```text\n```\n", "sh x"), [
    { code: "f\n", expected: "" },
  ]);
  assert.equal(guideBlock(markdown, "sh"), "e\n");
  assert.throws(() => guideBlock(markdown, "js"), /Cannot find a block of js/);
});

Deno.test("matchesExpected() takes … for any text in a line", () => {
  assert.ok(matchesExpected("a.b 17 ms\nend\n", "a.b … ms\nend\n"));
  assert.ok(!matchesExpected("axb 17 ms\nend\n", "a.b … ms\nend\n"));
  assert.ok(!matchesExpected("a.b 17\n ms\nend\n", "a.b … ms\nend\n"));
  assert.ok(!matchesExpected("a\nb\n", "a\n"));
});
