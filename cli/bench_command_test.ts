import assert from "node:assert/strict";
import { benchText } from "./bench_command.ts";

Deno.test("benchText() gives three digits that count", () => {
  const text = benchText([
    { figure: "tasks", value: 23_456.7, unit: "1/s" },
    { figure: "one call, median", value: 0.29871, unit: "ms" },
  ]);
  assert.match(text, /tasks +23,500 +1\/s/);
  assert.match(text, /one call, median +0\.299 +ms/);
});
