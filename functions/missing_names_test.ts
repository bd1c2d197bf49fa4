import assert from "node:assert/strict";
import { CapturedVariableError, checkFree } from "./mod.ts";

Deno.test("checkFree passes when every name is there", () => {
  checkFree([], () => false);
  checkFree(["a", "b"], () => true);
});

Deno.test("checkFree names all that are missing, with the two remedies", () => {
  const there = new Set(["b"]);
  assert.throws(
    () => checkFree(["b", "a", "c"], (name) => there.has(name)),
    (error) => {
      assert.ok(error instanceof CapturedVariableError);
      assert.ok(error instanceof ReferenceError);
      assert.equal(error.name, "CapturedVariableError");
      assert.deepEqual(error.names, ["a", "c"]);
      assert.equal(
        error.message,
        "Cannot call function: a, c are not defined on this engine; send along what the function captures with view.with({ captures: { a } }), or define it on the engines with view.push({ a })",
      );
      return true;
    },
  );
});

Deno.test("CapturedVariableError shows no more names than fit", () => {
  const names = Array.from({ length: 25 }, (_, index) => `n${index}`);
  const error = new CapturedVariableError(names);
  assert.match(error.message, /n19, and 5 more are not defined/);
  assert.equal(error.names.length, 25);
});
