// deno-lint-ignore-file no-console -- this program prints what it finds
/**
 * `deno task simulate [--seeds N] [--first SEED] [--steps N]`: histories of a
 * simulated cluster, each from a seed; the first that goes wrong is named.
 *
 * @module
 */
import { parseArgs } from "node:util";
import { seededRandom } from "../../base/mod.ts";
import { SimulatedCluster } from "./simulated_cluster.ts";

const { values } = parseArgs({
  options: {
    seeds: { type: "string", default: "10000" },
    first: { type: "string", default: "1" },
    steps: { type: "string", default: "80" },
  },
});
const first = Number(values.first);
const seeds = Number(values.seeds);
const sums = { tasks: 0, cuts: 0, crashes: 0, jumps: 0 };
for (let seed = first; seed < first + seeds; seed++) {
  const cluster = new SimulatedCluster(seededRandom(seed));
  try {
    cluster.live(Number(values.steps));
  } catch (cause) {
    throw new Error(`Failed with IPPD_SEED=${seed}`, { cause });
  }
  sums.tasks += cluster.size;
  sums.cuts += cluster.network.faults;
  sums.crashes += cluster.crashes;
  sums.jumps += cluster.jumps;
}
console.log(
  `${seeds} histories: ${sums.tasks} tasks, ${sums.cuts} connections cut, ${sums.crashes} processes killed, ${sums.jumps} clocks set, none lost`,
);
