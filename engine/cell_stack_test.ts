import assert from "node:assert/strict";
import { trimCellStack } from "./cell_stack.ts";

const OURS = `    at run (${new URL("./task_runner.ts", import.meta.url)}:1:2)`;
const ENCODER = `    at scan (${new URL(
  "../messages/value_scan.ts",
  import.meta.url,
)}:1:2)`;

Deno.test("trimCellStack() keeps the frames of users", () => {
  const table: readonly (readonly [string, string])[] = [
    [
      `Error: x\n    at eval (ippd:cell-1, <anonymous>:2:7)\n    at eval (<anonymous>)\n${OURS}`,
      "Error: x\n    at ippd:cell-1:2:7",
    ],
    [
      "Error: x\n    at f (file:///u/m.ts:1:2)\n    at async eval (ippd:cell-1, <anonymous>:2:7)",
      "Error: x\n    at f (file:///u/m.ts:1:2)\n    at async ippd:cell-1:2:7",
    ],
    [
      `Error: x\n    at file:///u/m.ts:1:2\n    at Array.map (<anonymous>)\n${OURS}\n    at async Promise.all (index 0)`,
      "Error: x\n    at file:///u/m.ts:1:2",
    ],
    [`Error: a\nb\n${OURS}`, "Error: a\nb"],
    [`Error: a\n${ENCODER}\n${OURS}`, "Error: a"],
    ["Error: x\n    at ippd:cell-1:2:1", "Error: x\n    at ippd:cell-1:2:1"],
    ["", ""],
  ];
  for (const [stack, trimmed] of table) {
    assert.equal(trimCellStack(stack), trimmed);
  }
});
