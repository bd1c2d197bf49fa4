import assert from "node:assert/strict";
import { CONNECT_TROUBLES_MAX, ConnectTroubles } from "./connect_troubles.ts";

Deno.test("ConnectTroubles tells the last different failures", () => {
  const troubles = new ConnectTroubles();
  assert.equal(String(troubles), "no answer at all");
  troubles.add(new Error("a"));
  troubles.add(new Error("b"));
  troubles.add(new Error("a"));
  assert.equal(String(troubles), "b; a");
  for (let n = 0; n < CONNECT_TROUBLES_MAX; n++) {
    troubles.add(new Error(`${n}`));
  }
  assert.equal(String(troubles), "0; 1; 2; 3");
});
