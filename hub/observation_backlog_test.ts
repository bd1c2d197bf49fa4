import assert from "node:assert/strict";
import { ObservationBacklog } from "./observation_backlog.ts";

Deno.test("ObservationBacklog keeps the batches with the newest records", () => {
  const backlog = new ObservationBacklog(10, 100);
  const add = (rows: number, bytes: number): void =>
    backlog.add({ scheduler: "s", rows, payload: [new Uint8Array(bytes)] });
  for (let index = 0; index < 100; index++) add(4, 1);
  assert.equal(backlog.rows, 12);
  assert.equal(backlog.isFull, false);
  add(1, 97);
  assert.equal(backlog.isFull, true);
  const batches = backlog.take();
  assert.deepEqual(batches.map(({ rows }) => rows), [4, 4, 4, 1]);
  assert.equal(backlog.rows, 0);
  assert.equal(backlog.isFull, false);
  assert.deepEqual(backlog.take(), []);
});
