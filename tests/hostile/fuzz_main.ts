// deno-lint-ignore-file no-console -- this program prints what it finds
/**
 * `deno task fuzz [--seconds N] [--seed S]`: hostile inputs for everything
 * that reads bytes of others, for as long as wanted. Prints a line for each
 * target, and exits with 1 at the first fault, with what repeats it.
 *
 * @module
 */
import { parseArgs } from "node:util";
import { loadCurveCrypto } from "../../security/mod.ts";
import { fuzz, type FuzzCount } from "./fuzz.ts";
import { fuzzTargets } from "./fuzz_targets.ts";

const SECONDS_DEFAULT = 60;
/** Inputs between two looks at the clock. */
const ROUND_INPUTS = 200;

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: { seconds: { type: "string" }, seed: { type: "string" } },
  });
  const seconds = Number(values.seconds ?? SECONDS_DEFAULT);
  const seed = Number(values.seed ?? Date.now() % 2 ** 31);
  if (!(seconds > 0) || !Number.isSafeInteger(seed)) {
    console.error("Cannot fuzz: --seconds and --seed must be numbers");
    Deno.exit(2);
  }
  const targets = fuzzTargets(await loadCurveCrypto());
  const share = seconds * 1_000 / targets.length;
  console.log(`seed ${seed}`);
  let total = 0;
  for (const target of targets) {
    const until = performance.now() + share;
    let sum: FuzzCount = { name: target.name, inputs: 0, taken: 0, refused: 0 };
    do {
      const one = fuzz(target, seed, ROUND_INPUTS, sum.inputs);
      sum = {
        name: target.name,
        inputs: sum.inputs + one.inputs,
        taken: sum.taken + one.taken,
        refused: sum.refused + one.refused,
      };
    } while (performance.now() < until);
    total += sum.inputs;
    console.log(
      `${target.name}: ${sum.inputs} inputs, ${sum.taken} taken, ${sum.refused} refused`,
    );
  }
  console.log(`${total} inputs, no fault`);
}

if (import.meta.main) await main();
