// deno-lint-ignore-file no-console -- this program prints its result
/**
 * `deno run -A examples/spmd/demo.ts [ENGINES]`: the temperatures of a plate,
 * computed by engines that talk to one another.
 *
 * @module
 */
import { Cluster } from "../../mod.ts";
import { relaxOnEngines } from "./parallel.ts";

/** Signs from cold to hot. */
const SIGNS = " .:-=+*#%@";

const n = Number(Deno.args[0] ?? 2);
await using cluster = await Cluster.start({ n });
await using client = await cluster.connect();
const columns = 60;
const options = { rows: 20, columns, tolerance: 0.01, sweepsMax: 5_000 };
const { temperatures, sweeps } = await relaxOnEngines(
  client.directView(),
  options,
);
const width = columns + 2;
for (let row = 0; row < options.rows; row++) {
  const cells = temperatures.subarray(row * width + 1, (row + 1) * width - 1);
  const signs = Array.from(
    cells,
    (degrees) => SIGNS[Math.min(9, Math.floor(degrees / 10))],
  );
  console.log(signs.join(""));
}
console.log(`${sweeps} sweeps on ${n} engines`);
