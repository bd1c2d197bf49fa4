import assert from "node:assert/strict";
import { allocatorVariables, FREE_BYTES_KEPT } from "./allocator.ts";

Deno.test("allocatorVariables() leaves what somebody has chosen", () => {
  const chosen = "MALLOC_TRIM_THRESHOLD_";
  const variables = allocatorVariables((name) =>
    name === chosen ? "7" : undefined
  );
  assert.equal(variables[chosen], "7");
  assert.deepEqual(Object.keys(variables).sort(), [
    "MALLOC_MMAP_THRESHOLD_",
    chosen,
  ]);
  const others = allocatorVariables(() => undefined);
  assert.equal(others[chosen], String(FREE_BYTES_KEPT));
});
