import { seededRandom } from "../../base/mod.ts";
import { SimulatedCluster, stepsOf } from "./simulated_cluster.ts";

/** Histories unless `IPPD_SEEDS` says otherwise. */
const SEEDS = 8_000;

Deno.test("a cluster in which everything breaks ends every task rightly", async () => {
  const only = Deno.env.get("IPPD_SEED");
  const first = Number(only ?? 1);
  const many = only === undefined
    ? Number(Deno.env.get("IPPD_SEEDS") ?? SEEDS)
    : 1;
  for (let seed = first; seed < first + many; seed++) {
    try {
      new SimulatedCluster(seededRandom(seed)).live(stepsOf(seed));
    } catch (cause) {
      throw new Error(`Failed with IPPD_SEED=${seed}`, { cause });
    }
    // What is promised at its end would keep each of them in memory.
    await Promise.resolve();
  }
});
