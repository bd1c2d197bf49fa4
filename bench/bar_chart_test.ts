import assert from "node:assert/strict";
import { barChart } from "./bar_chart.ts";

Deno.test("barChart() draws a bar and its interval for each contestant", () => {
  const svg = barChart("tasks, 1/s", [
    { name: "ours <fast>", median: 20_000, low: 18_000, high: 25_000 },
    { name: "theirs", median: 500, low: 400, high: 600 },
  ]);
  assert.match(svg, /^<svg /);
  assert.match(svg, /ours &lt;fast>/);
  assert.match(svg, /width="320\.0"/);
  assert.match(svg, /M498\.0 42H610\.0/);
  assert.match(svg, />20,000</);
});

Deno.test("barChart() draws nothing that is not a number", () => {
  const bar = { name: "none", median: 0, low: 0, high: 0 };
  assert.doesNotMatch(barChart("empty", [bar]), /NaN|Infinity/);
});
