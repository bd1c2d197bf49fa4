import assert from "node:assert/strict";
import { seededRandom } from "../base/mod.ts";
import {
  formatNumber,
  formatTable,
  gatherResults,
  type Result,
} from "./results.ts";

const FACTS = { date: "", commit: "a+", cpu: "b", cores: 2, system: "c" };

function gather(contestant: string, rate: number, timeMs: number): Result[] {
  const round = {
    figures: [
      { figure: "rate", value: rate, unit: "1/s" },
      { figure: "call", value: timeMs, unit: "ms" },
    ],
    versions: { Deno: "2.9.6" },
  };
  const rounds = [round, round, round];
  return gatherResults("tasks", contestant, rounds, FACTS, seededRandom(1));
}

Deno.test("gatherResults keeps every sample and where it was made", () => {
  const [rate] = gather("ippd", 20_000, 0.25);
  assert.deepEqual(rate, {
    benchmark: "tasks",
    contestant: "ippd",
    figure: "rate",
    unit: "1/s",
    samples: [20_000, 20_000, 20_000],
    median: 20_000,
    low: 20_000,
    high: 20_000,
    versions: { Deno: "2.9.6" },
    ...FACTS,
  });
});

Deno.test("formatTable compares with the first contestant", () => {
  const table = formatTable([
    ...gather("ippd", 20_000, 0.25),
    ...gather("peer", 500, 3),
  ]);
  assert.deepEqual(table.split("\n").map((line) => line.split(/ {2,}/)), [
    ["", "ippd", "peer"],
    ["rate, 1/s", "20,000 (20,000–20,000)", "500 (500–500) ×40"],
    ["call, ms", "0.250 (0.250–0.250)", "3.00 (3.00–3.00) ×12"],
  ]);
});

Deno.test("formatNumber shows three digits that count", () => {
  assert.equal(formatNumber(0.01234), "0.0123");
  assert.equal(formatNumber(9.876), "9.88");
  assert.equal(formatNumber(123.4), "123");
  assert.equal(formatNumber(1_234_567), "1,234,567");
  assert.equal(formatNumber(0), "0.00");
});
