import assert from "node:assert/strict";
import { isTracing, openTracing } from "./mod.ts";

Deno.test("openTracing() loads nothing when nobody takes spans", async () => {
  assert.equal(isTracing(), false);
  assert.equal(await openTracing(), undefined);
});
