import assert from "node:assert/strict";
import { ProtocolError } from "../base/mod.ts";
import { traceField } from "./trace_context.ts";

const TRACE = `00-${"4bf92f3577b34da6".repeat(2)}-00f067aa0ba902b7-01`;

Deno.test("traceField() reads a traceparent, and nothing where there is none", () => {
  assert.deepEqual(traceField({ type: "task_request", trace: TRACE }), {
    trace: TRACE,
  });
  assert.deepEqual(traceField({ type: "task_request" }), {});
});

for (
  const [what, trace] of [
    ["another version", TRACE.replace(/^00/, "01")],
    ["capital letters", TRACE.toUpperCase()],
    ["no trace", `00-${"0".repeat(32)}-00f067aa0ba902b7-01`],
    ["no span", TRACE.replace("00f067aa0ba902b7", "0".repeat(16))],
    ["more behind it", `${TRACE}-x`],
    ["a line end", `${TRACE}\n`],
    ["a number", 7],
  ] as const
) {
  Deno.test(`traceField() refuses ${what}`, () => {
    assert.throws(
      () => traceField({ type: "task_request", trace }),
      ProtocolError,
    );
  });
}
