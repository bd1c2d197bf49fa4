import assert from "node:assert/strict";
import type { AskedFor } from "./asked_for.ts";
import { RecentRequest } from "./asked_for.ts";

const PLAIN: AskedFor = {
  type: "task_request",
  mode: "balanced",
  targets: [],
  work: { kind: "apply", function: "f" },
};

/** Requests that nothing else may stand for. */
const OTHERS: AskedFor[] = [
  { ...PLAIN, mode: "direct", targets: [1] },
  { ...PLAIN, targets: [1] },
  { ...PLAIN, timeoutMs: 5 },
  { ...PLAIN, permissions: {} },
  { ...PLAIN, terms: {} },
  { ...PLAIN, resent: 0 },
  { ...PLAIN, ended: [] },
  { ...PLAIN, trace: "t" },
  { ...PLAIN, work: { kind: "apply", function: "g" } },
  { ...PLAIN, work: { kind: "apply", function: "f", extras: true } },
  { ...PLAIN, work: { kind: "map", function: "f" } },
  { ...PLAIN, work: { kind: "map", function: "f", settle: true } },
  { ...PLAIN, work: { kind: "push" } },
];

Deno.test("requests that ask for the same share what they ask", () => {
  for (const request of [PLAIN, OTHERS[9], OTHERS[11]]) {
    assert.ok(request !== undefined);
    const recent = new RecentRequest();
    assert.equal(recent.share(request), request);
    const again = { ...request, work: { ...request.work } };
    assert.equal(recent.share(again), request);
  }
});

Deno.test("a request that asks for anything else stands for itself", () => {
  for (const other of OTHERS) {
    const recent = new RecentRequest();
    recent.share(PLAIN);
    assert.equal(recent.share(other), other);
    assert.deepEqual(recent.share({ ...PLAIN }), PLAIN);
  }
});
