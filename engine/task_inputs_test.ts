import assert from "node:assert/strict";
import { encodeValue } from "../messages/mod.ts";
import { TaskInputs } from "./task_inputs.ts";

Deno.test("TaskInputs cuts a payload into the task's own part and its inputs", () => {
  const own = encodeValue(["own"]);
  const large = encodeValue({ bytes: new Uint8Array(50_000) });
  const small = encodeValue("small");
  const payload = [...own, ...large, ...small];
  const inputs = new TaskInputs(payload, [large.length, small.length]);
  assert.deepEqual(inputs.own, own);
  assert.equal(inputs.value(1), "small");
  assert.deepEqual(inputs.value(0), { bytes: new Uint8Array(50_000) });
  assert.equal(inputs.value(0), inputs.value(0));
  assert.throws(() => inputs.value(2), /there is no input 2/);
  assert.equal(new TaskInputs(own).own, own);
});

Deno.test("TaskInputs refuses a payload that is too short", () => {
  assert.throws(
    () => new TaskInputs([new Uint8Array(1)], [1, 1]),
    /parts of its inputs lack/,
  );
});
