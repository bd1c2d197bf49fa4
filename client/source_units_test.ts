import assert from "node:assert/strict";
import { SourceUnits } from "./source_units.ts";

const UNIT = new Uint8Array(10);

Deno.test("SourceUnits keeps no more than its bytes, and what requests need", () => {
  const needed = new Set(["a", "c"]);
  const units = new SourceUnits(() => needed, 45);
  for (const hash of ["a", "b", "c", "d", "a"]) units.add(hash, UNIT);
  assert.equal(units.bytes, 40);
  units.add("e", UNIT);
  assert.deepEqual(
    ["a", "b", "c", "d", "e"].map((hash) => units.get(hash) === UNIT),
    [true, false, true, false, true],
  );
  assert.equal(units.bytes, 30);
});

Deno.test("SourceUnits never holds more than bytesMax beside what is needed", () => {
  const needed = new Set<string>();
  const units = new SourceUnits(() => needed, 100);
  for (let count = 0; count < 1_000; count++) {
    if (count % 50 === 0) needed.add(String(count));
    units.add(String(count), UNIT);
    assert.ok(units.bytes <= 100 + 10 * needed.size);
  }
  for (const hash of needed) assert.equal(units.get(hash), UNIT);
});
