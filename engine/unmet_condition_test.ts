import assert from "node:assert/strict";
import { checkNeeds, onlyWhen, UnmetCondition } from "./unmet_condition.ts";

Deno.test("checkNeeds names the first that is missing", async () => {
  const loaded: string[] = [];
  const place = {
    has: (name: string) => name === "model",
    load: (specifier: string) => {
      loaded.push(specifier);
      return specifier === "npm:bad"
        ? Promise.reject(new Error("not found"))
        : Promise.resolve({});
    },
  };
  await checkNeeds(["model", "node:path"], place);
  assert.deepEqual(loaded, ["node:path"]);
  await assert.rejects(checkNeeds(["other", "npm:bad"], place), (error) => {
    assert.ok(error instanceof UnmetCondition);
    assert.match(error.message, /it needs other, which is not defined/);
    return true;
  });
  await assert.rejects(
    checkNeeds(["npm:bad"], place),
    /npm:bad, which cannot be imported: Error: not found/,
  );
});

Deno.test("onlyWhen asks right before the call, and lets errors through", async () => {
  let answer: unknown = false;
  const call = onlyWhen(() => answer, () => "called");
  assert.throws(() => call(), UnmetCondition);
  answer = 1;
  assert.equal(call(), "called");
  answer = Promise.resolve(true);
  assert.equal(await call(), "called");
  answer = Promise.resolve(0);
  await assert.rejects(async () => await call(), UnmetCondition);
  const broken = onlyWhen(() => {
    throw new RangeError("broken");
  }, () => 1);
  assert.throws(() => broken(), RangeError);
});
