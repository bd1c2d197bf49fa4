import assert from "node:assert/strict";
import { functionHash } from "./function_hash.ts";

Deno.test("functionHash is 32 characters of the source's SHA-256", () => {
  assert.equal(functionHash("abc"), "ungWv48Bz-pBQUDeXa4iI7ADYaOWF3qc");
});
