import assert from "node:assert/strict";
import { deserialize, serialize } from "node:v8";
import { encodeReferences, InputReference, resolveReferences } from "./mod.ts";

/** Sends arguments; the inputs are given. */
function send(args: unknown[], inputs: unknown[]): unknown[] {
  const encoded = encodeReferences(args);
  assert.ok(encoded);
  const crossed: unknown = deserialize(serialize(encoded));
  return resolveReferences(
    crossed,
    () => assert.fail("there is no expression"),
    (input) => inputs[input],
  );
}

Deno.test("InputReference stands for one value, a list of values, or joined lists", () => {
  const one = new InputReference([1], "one");
  const inputs = [[1, 2], [3], { x: 1 }];
  assert.deepEqual(
    send([
      one,
      { deep: [new InputReference([0, 2], "list")] },
      new InputReference([0, 1], "joined"),
      new Map([["k", one]]),
    ], inputs),
    [
      [3],
      { deep: [[[1, 2], { x: 1 }]] },
      [1, 2, 3],
      new Map([["k", [3]]]),
    ],
  );
});

Deno.test("InputReference is refused where it makes no sense", () => {
  assert.throws(() => new InputReference([0, 1], "one"), {
    name: "RangeError",
    message: "Cannot pass 2 values as one: join them to a list",
  });
  assert.throws(() => send([new InputReference([0], "joined")], [5]), {
    name: "TypeError",
    message: "Cannot join the values of tasks: they are not lists",
  });
  assert.throws(() => serialize(new InputReference([0], "one")));
  const encoded = { args: [], places: [], expressions: [{ inputs: [-1] }] };
  assert.throws(() => resolveReferences(encoded, () => 1), {
    message: "Cannot read references: expressions is malformed",
  });
  const lacking = encodeReferences([new InputReference([0], "one")]);
  assert.throws(() => resolveReferences(lacking, () => 1), {
    message: "Cannot read references: there is no input 0",
  });
});
