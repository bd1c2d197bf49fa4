import assert from "node:assert/strict";
import { formatBytes, formatTable } from "./table.ts";

Deno.test("formatTable() aligns text at its start and numbers at their end", () => {
  const columns = [{ heading: "ROLE" }, {
    heading: "PID",
    align: "right" as const,
  }];
  assert.equal(
    formatTable(columns, [["engine", "7"], ["hub", "12345"]]),
    "ROLE      PID\nengine      7\nhub     12345\n",
  );
});

Deno.test("formatTable() shows headings when there are no rows", () => {
  assert.equal(formatTable([{ heading: "A" }, { heading: "B" }], []), "A  B\n");
});

Deno.test("formatBytes() chooses the unit", () => {
  assert.equal(formatBytes(52_428_800), "50.0 MiB");
  assert.equal(formatBytes(3 * 2 ** 30), "3.0 GiB");
});
