import assert from "node:assert/strict";
import { HUB_TROUBLES_MAX, HubTroubles } from "./hub_troubles.ts";

Deno.test("HubTroubles tells the last different failures", () => {
  const troubles = new HubTroubles();
  assert.equal(String(troubles), "no answer at all");
  troubles.add(new Error("a"));
  troubles.add(new Error("b"));
  troubles.add(new Error("a"));
  assert.equal(String(troubles), "b; a");
  for (let n = 0; n < HUB_TROUBLES_MAX; n++) troubles.add(new Error(`${n}`));
  assert.equal(String(troubles), "0; 1; 2; 3");
});
