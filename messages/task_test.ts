import assert from "node:assert/strict";
import { ProtocolError } from "../base/mod.ts";
import type { Fields } from "./fields.ts";
import { taskCodecs } from "./task.ts";
import { TASK_TIMEOUT_MS_MAX } from "./task_terms.ts";

const REQUEST: Fields = {
  type: "task_request",
  id: "c-0",
  mode: "balanced",
  targets: [],
  work: { kind: "pull", names: ["x"] },
};

Deno.test("taskCodecs reads a time limit where there is one", () => {
  const { task_request: read } = taskCodecs;
  assert.equal("timeoutMs" in read(REQUEST), false);
  for (const timeoutMs of [0.5, 5_000, TASK_TIMEOUT_MS_MAX]) {
    assert.equal(read({ ...REQUEST, timeoutMs }).timeoutMs, timeoutMs);
  }
  for (const timeoutMs of [0, -1, NaN, TASK_TIMEOUT_MS_MAX + 1, "5"]) {
    assert.throws(() => read({ ...REQUEST, timeoutMs }), ProtocolError);
  }
});
