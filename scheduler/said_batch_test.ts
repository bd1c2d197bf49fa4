import assert from "node:assert/strict";
import { VirtualClock } from "../base/mod.ts";
import {
  SAID_AT_ONCE_MAX,
  SAID_GATHER_MS,
  SAID_HELD_BYTES_MAX,
  SaidBatch,
} from "./said_batch.ts";

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
    for (const item of numbers(SAID_AT_ONCE_MAX)) batch.add(item, 1);
    assert.equal(said.length, (round + 1) * SAID_AT_ONCE_MAX);
    clock.advance(SAID_GATHER_MS);
  }
});

Deno.test("SaidBatch gathers what is beyond SAID_AT_ONCE_MAX, in order", () => {
  const { clock, batch, said } = watched();
  const all = numbers(50);
  for (const item of all.slice(0, 20)) batch.add(item, 1);
  assert.equal(said.length, SAID_AT_ONCE_MAX);
  clock.advance(SAID_GATHER_MS);
  assert.deepEqual(said, all.slice(0, 20));
  // The burst goes on.
  batch.add(20, 1);
  assert.equal(said.length, 20);
  clock.advance(SAID_GATHER_MS);
  assert.equal(said.length, 21);
  for (const item of all.slice(21)) batch.add(item, 1);
  batch.flush();
  assert.deepEqual(said, all);
  clock.advance(10 * SAID_GATHER_MS);
  assert.deepEqual(said, all);
});

Deno.test("SaidBatch forgets what is held when it is cleared", () => {
  const { clock, batch, said } = watched();
  for (const item of numbers(10)) batch.add(item, 1);
  batch.clear();
  clock.advance(10 * SAID_GATHER_MS);
  assert.equal(said.length, SAID_AT_ONCE_MAX);
  batch.add(11, 1);
  assert.equal(said.at(-1), 11);
});

Deno.test("SaidBatch holds at most SAID_HELD_BYTES_MAX bytes", () => {
  const { batch, said } = watched();
  for (const item of numbers(10)) batch.add(item, 1);
  assert.equal(said.length, SAID_AT_ONCE_MAX);
  batch.add(10, SAID_HELD_BYTES_MAX);
  assert.deepEqual(said, numbers(11));
  batch.add(11, SAID_HELD_BYTES_MAX);
  assert.equal(said.length, 11);
  batch.add(12, 1);
  assert.deepEqual(said, numbers(13));
});
