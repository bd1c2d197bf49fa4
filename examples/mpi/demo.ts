// deno-lint-ignore-file no-console -- this program prints its result
/**
 * `deno run -A examples/mpi/demo.ts [RANKS [MPIEXEC ARGUMENTS…]]`: a rod is
 * heated on the ranks of an MPI job, paused, looked at, cooled, and goes on.
 *
 * @module
 */
import { Cluster } from "../../mod.ts";
import { RodSimulation } from "./rod_simulation.ts";

/** Signs from cold to hot. */
const SIGNS = " .:-=+*#%@";

const [ranks = "2", mpiexec = "mpiexec", ...mpiArgs] = Deno.args;
const n = Number(ranks);
await using cluster = await Cluster.start({
  n,
  launcher: "mpi",
  launcherOptions: { mpiexec, mpiArgs },
});
await using client = await cluster.connect();
const rod = await RodSimulation.start(client, Math.ceil(60 / n), 100);
for (const heater of [100, 100, 0, 0]) {
  await rod.heat(heater);
  rod.run();
  // Here you would do something else until you are curious.
  await new Promise((resolve) => setTimeout(resolve, 20));
  const step = await rod.pause();
  const signs = (await rod.temperatures()).map((degrees) =>
    SIGNS[Math.min(9, Math.floor(degrees / 10))]
  );
  console.log(`|${signs.join("")}| after ${step} steps, heater at ${heater}`);
}
