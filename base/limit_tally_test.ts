import assert from "node:assert/strict";
import { LimitError } from "./errors.ts";
import { LIMIT_NAMES_MAX, LimitTally } from "./limit_tally.ts";

Deno.test("LimitTally counts how often each limit was reached", () => {
  const tally = new LimitTally();
  assert.equal(tally.counts, undefined);
  assert.deepEqual(tally.field, {});
  tally.reached("tasksMax");
  tally.reached("tasksMax", 3);
  tally.reached("peersMax", 0);
  tally.reached("bytesMax", 2);
  assert.deepEqual(tally.field, { limits: { tasksMax: 4, bytesMax: 2 } });
});

Deno.test("LimitTally keeps to namesMax, and the rest share one count", () => {
  const tally = new LimitTally();
  for (let index = 0; index < 2 * LIMIT_NAMES_MAX; index++) {
    tally.reached(`limit${index}`);
  }
  const { others, ...named } = tally.counts ?? {};
  assert.equal(Object.keys(named).length, LIMIT_NAMES_MAX - 1);
  assert.equal(others, LIMIT_NAMES_MAX + 1);
  tally.reached("limit0");
  assert.equal(tally.counts?.["limit0"], 2);
});

Deno.test("LimitTally counts errors that name a limit, and no others", () => {
  const tally = new LimitTally();
  tally.failed(new LimitError("Cannot go on", { limit: "frameBytesMax" }));
  tally.failed(new LimitError("Cannot go on"));
  tally.failed(new Error("frameBytesMax"));
  tally.failed(undefined);
  assert.deepEqual(tally.counts, { frameBytesMax: 1 });
  assert.equal("limit" in new LimitError("Cannot go on"), false);
});
