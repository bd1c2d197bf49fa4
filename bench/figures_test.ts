import assert from "node:assert/strict";
import { parseMeasurement } from "./figures.ts";

Deno.test("parseMeasurement reads figures and versions", () => {
  const line = JSON.stringify({
    figures: [{ figure: "call", value: 1.5, unit: "ms", other: true }],
    versions: { Deno: "2.9.6" },
    unknown: 1,
  });
  assert.deepEqual(parseMeasurement(line), {
    figures: [{ figure: "call", value: 1.5, unit: "ms" }],
    versions: { Deno: "2.9.6" },
  });
});

Deno.test("parseMeasurement refuses what is not figures", () => {
  const lines = [
    "",
    "warming up",
    "null",
    "{}",
    `{"figures":[1]}`,
    `{"figures":[{"figure":"call","value":"1","unit":"ms"}]}`,
    `{"figures":[{"figure":"call","value":null,"unit":"ms"}]}`,
    `{"figures":[{"value":1}]}`,
    `{"figures":[${" ".repeat(70_000)}]}`,
  ];
  for (const line of lines) {
    assert.throws(() => parseMeasurement(line), SyntaxError, line.slice(0, 80));
  }
});
