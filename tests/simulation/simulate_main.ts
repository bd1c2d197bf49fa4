// deno-lint-ignore-file no-console -- this program prints what it finds
/**
 * `deno task simulate [--seeds N] [--first SEED] [--steps N]`: histories of a
 * simulated cluster, each from a seed; the first that goes wrong is named.
 *
 * @module
 */
import { parseArgs } from "node:util";
import { seededRandom } from "../../base/mod.ts";
import { SimulatedCluster, stepsOf } from "./simulated_cluster.ts";

const { values } = parseArgs({
  options: {
    seeds: { type: "string", default: "10000" },
    first: { type: "string", default: "1" },
    steps: { type: "string" },
  },
});
const first = Number(values.first);
const seeds = Number(values.seeds);
const sums = { tasks: 0, doubted: 0, cuts: 0, stalls: 0, jumps: 0 };
const ends = { hub: 0, scheduler: 0, leaf: 0, engine: 0, slot: 0, refused: 0 };
for (let seed = first; seed < first + seeds; seed++) {
  const cluster = new SimulatedCluster(seededRandom(seed));
  try {
    cluster.live(Number(values.steps ?? stepsOf(seed)));
  } catch (cause) {
    throw new Error(`Failed with IPPD_SEED=${seed}`, { cause });
  }
  sums.tasks += cluster.ledger.size;
  sums.doubted += cluster.ledger.doubted;
  for (const lines of [cluster.hubLines, cluster.taskLines]) {
    sums.cuts += lines.cuts;
    sums.stalls += lines.stalls;
  }
  sums.jumps += cluster.jumps;
  ends.hub += cluster.ends.hub;
  ends.scheduler += cluster.ends.scheduler;
  ends.leaf += cluster.ends.leaf;
  ends.engine += cluster.ends.engine;
  ends.slot += cluster.ends.slot;
  ends.refused += cluster.ends.refused;
  // What is promised at its end would keep each of them in memory.
  await Promise.resolve();
}
console.log([
  `${seeds} histories: ${sums.tasks} tasks, none lost,`,
  `${sums.doubted} ran once and say that it may have been more;`,
  `${sums.cuts} connections cut, ${sums.stalls} stalled,`,
  `${ends.hub} hubs, ${ends.scheduler} schedulers, ${ends.leaf} leaves,`,
  `${ends.engine} engines and ${ends.slot} slots ended`,
  `(${ends.refused} engines because their numbers were taken),`,
  `${sums.jumps} clocks set`,
].join(" "));
