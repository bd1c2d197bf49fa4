import assert from "node:assert/strict";
import { LimitTally } from "../base/mod.ts";
import { AuditTally } from "./audit_tally.ts";

Deno.test("AuditTally counts what is the same together", () => {
  const tally = new AuditTally();
  for (let times = 0; times < 1_000; times++) {
    tally.add("refused", { publicKey: "k", address: "a", detail: "d" });
  }
  tally.add("ran", { publicKey: "k", count: 40 });
  tally.add("ran", { publicKey: "k", count: 2 });
  assert.deepEqual(tally.take(), [
    { act: "refused", publicKey: "k", address: "a", detail: "d", count: 1_000 },
    { act: "ran", publicKey: "k", count: 42 },
  ]);
  assert.deepEqual(tally.take(), []);
});

Deno.test("AuditTally names no address when there were several", () => {
  const tally = new AuditTally();
  tally.add("connected", { publicKey: "k", address: "a" });
  tally.add("connected", { publicKey: "k", address: "b" });
  assert.deepEqual(tally.take(), [
    { act: "connected", publicKey: "k", count: 2 },
  ]);
});

Deno.test("AuditTally keeps to entriesMax and counts the rest by act", () => {
  const limits = new LimitTally();
  const tally = new AuditTally(2, limits);
  for (let index = 0; index < 50; index++) {
    tally.add("refused", { detail: `${index}` });
    tally.add("connected", { publicKey: `${index}` });
  }
  assert.deepEqual(tally.take(), [
    { act: "refused", detail: "0", count: 1 },
    { act: "connected", publicKey: "0", count: 1 },
    { act: "refused", detail: "many others", count: 49 },
    { act: "connected", detail: "many others", count: 49 },
  ]);
  assert.deepEqual(limits.counts, { AUDIT_ENTRIES_MAX: 98 });
});
