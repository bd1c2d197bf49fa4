import assert from "node:assert/strict";
import { VirtualClock } from "../base/mod.ts";
import { SAID_AT_ONCE_MAX, SAID_GATHER_MS, SaidBatch } from "./said_batch.ts";

function watched(): {
  clock: VirtualClock;
  batch: SaidBatch<number>;
  said: number[];
} {
  const clock = new VirtualClock();
  const said: number[] = [];
  const batch = new SaidBatch<number>(clock, (item) => void said.push(item));
  return { clock, batch, said };
}

function numbers(count: number, from = 0): number[] {
  return Array.from({ length: count }, (_, index) => from + index);
}

Deno.test("SaidBatch says little at once", () => {
  const { clock, batch, said } = watched();
  for (let round = 0; round < 5; round++) {
    for (const item of numbers(SAID_AT_ONCE_MAX)) batch.add(item);
    assert.equal(said.length, (round + 1) * SAID_AT_ONCE_MAX);
    clock.advance(SAID_GATHER_MS);
  }
});

Deno.test("SaidBatch gathers what is beyond SAID_AT_ONCE_MAX, in order", () => {
  const { clock, batch, said } = watched();
  const all = numbers(50);
  for (const item of all.slice(0, 20)) batch.add(item);
  assert.equal(said.length, SAID_AT_ONCE_MAX);
  clock.advance(SAID_GATHER_MS);
  assert.deepEqual(said, all.slice(0, 20));
  // The burst goes on.
  batch.add(20);
  assert.equal(said.length, 20);
  clock.advance(SAID_GATHER_MS);
  assert.equal(said.length, 21);
  for (const item of all.slice(21)) batch.add(item);
  batch.flush();
  assert.deepEqual(said, all);
  clock.advance(10 * SAID_GATHER_MS);
  assert.deepEqual(said, all);
});

Deno.test("SaidBatch forgets what is held when it is cleared", () => {
  const { clock, batch, said } = watched();
  for (const item of numbers(10)) batch.add(item);
  batch.clear();
  clock.advance(10 * SAID_GATHER_MS);
  assert.equal(said.length, SAID_AT_ONCE_MAX);
  batch.add(11);
  assert.equal(said.at(-1), 11);
});
