// deno-lint-ignore-file no-console -- the inputs tried belong to the result
import assert from "node:assert/strict";
import { loadCurveCrypto } from "../../security/mod.ts";
import { fuzz } from "./fuzz.ts";
import { fuzzTargets } from "./fuzz_targets.ts";

const SEED = Number(Deno.env.get("IPPD_SEED") ?? "1");

for (const target of fuzzTargets(await loadCurveCrypto())) {
  Deno.test(`${target.name}: hostile inputs are refused or read, never a fault`, () => {
    const count = fuzz(target, SEED, target.inputs);
    console.log(
      `seed ${SEED}: ${count.inputs} inputs, ${count.taken} taken, ${count.refused} refused`,
    );
    // A fuzzer whose inputs all end at the first byte finds nothing.
    assert.ok(count.refused > count.inputs / 50, "nothing was hostile");
  });
}
