import assert from "node:assert/strict";
import { ProtocolError } from "../base/mod.ts";
import { PRIORITY_MAX, RETRIES_MAX, taskTerms } from "./task_terms.ts";

const AFTER = { ids: ["c-1"], mode: "any", success: true, failure: false };
const RETRIES = { max: 2, on: "error", backoffMs: 10 };

Deno.test("taskTerms reads every term, and leaves absent ones out", () => {
  const terms = {
    queueTimeoutMs: 5,
    priority: -2,
    retries: RETRIES,
    resources: { gpu: 0.5 },
    labels: { zone: "a" },
    after: AFTER,
    follow: { ...AFTER, mode: "all" },
    inputs: ["c-1"],
    conditional: true,
    coalesced: true,
    detached: true,
    label: "sweep",
    tags: ["x"],
  };
  assert.deepEqual(taskTerms(terms), terms);
  assert.ok(Object.values(taskTerms({})).every((term) => term === undefined));
});

Deno.test("taskTerms refuses terms that nobody could keep", () => {
  for (
    const terms of [
      { queueTimeoutMs: 0 },
      { priority: 0.5 },
      { priority: PRIORITY_MAX + 1 },
      { retries: { ...RETRIES, max: RETRIES_MAX + 1 } },
      { retries: { ...RETRIES, max: -1 } },
      { retries: { ...RETRIES, on: "sometimes" } },
      { retries: { ...RETRIES, backoffMs: -1 } },
      { resources: { gpu: -1 } },
      { resources: { gpu: "1" } },
      { labels: { zone: 1 } },
      { after: { ...AFTER, mode: "most" } },
      { after: null },
      { inputs: [1] },
      { tags: "x" },
    ]
  ) assert.throws(() => taskTerms(terms), ProtocolError, JSON.stringify(terms));
});
