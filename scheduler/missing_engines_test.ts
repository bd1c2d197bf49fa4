import assert from "node:assert/strict";
import { VirtualClock } from "../base/mod.ts";
import { MissingEngines } from "./missing_engines.ts";

function bench() {
  const clock = new VirtualClock();
  const lost: string[] = [];
  const missing = new MissingEngines(clock, 100, (id) => void lost.push(id));
  return { clock, lost, missing };
}

Deno.test("MissingEngines gives up those that do not come back", () => {
  const { clock, lost, missing } = bench();
  missing.expect(["a", "b", "c"]);
  missing.isBack("b");
  missing.isBack("stranger");
  clock.advance(99);
  assert.deepEqual(lost, []);
  clock.advance(1);
  assert.deepEqual(lost, ["a", "c"]);
  clock.advance(1_000);
  assert.deepEqual(lost, ["a", "c"]);
});

Deno.test("MissingEngines gives all of them the time of the newest hub", () => {
  const { clock, lost, missing } = bench();
  missing.expect(["a"]);
  clock.advance(60);
  missing.expect(["b"]);
  clock.advance(60);
  assert.deepEqual(lost, []);
  clock.advance(40);
  assert.deepEqual(lost, ["a", "b"]);
});

Deno.test("MissingEngines gives nobody up who is back, or once it is stopped", () => {
  const { clock, lost, missing } = bench();
  missing.expect([]);
  assert.equal(clock.pending, 0);
  missing.expect(["a"]);
  missing.isBack("a");
  clock.advance(200);
  missing.expect(["b"]);
  missing.stop();
  clock.advance(200);
  assert.deepEqual(lost, []);
});
