import assert from "node:assert/strict";
import { Cluster } from "../../mod.ts";
import { coldPart, stepWhole } from "./rod.ts";
import { RodSimulation } from "./rod_simulation.ts";

/** The `mpiexec` of each implementation, with what it needs here. */
const MPIS: readonly (readonly [string, readonly string[]])[] = [
  ["mpiexec.openmpi", ["--allow-run-as-root", "--oversubscribe"]],
  ["mpiexec.mpich", []],
];

function isInstalled(program: string): boolean {
  try {
    const quiet = { stdout: "null", stderr: "null" } as const;
    new Deno.Command(program, { args: ["--version"], ...quiet }).outputSync();
    return true;
  } catch {
    // Not on the search path.
    return false;
  }
}

for (const [mpiexec, mpiArgs] of MPIS) {
  Deno.test({
    name: `RodSimulation pauses, shows itself and is steered under ${mpiexec}`,
    ignore: !isInstalled(mpiexec),
    async fn() {
      const launcherOptions = { mpiexec, mpiArgs: [...mpiArgs] };
      const options = { n: 3, launcher: "mpi", launcherOptions };
      await using cluster = await Cluster.start(options);
      await using client = await cluster.connect();
      const rod = await RodSimulation.start(client, 20, 100);
      const whole = coldPart(60, 100);
      let steps = 0;
      for (const heater of [100, 0, 50]) {
        await rod.heat(heater);
        whole.heater = heater;
        rod.run();
        const step = await rod.pause();
        assert.ok(step > steps);
        stepWhole(whole, step - steps);
        steps = step;
        // To the last bit: the parts know their neighbours.
        const expected = [...whole.temperatures.slice(1, -1)];
        assert.deepEqual(await rod.temperatures(), expected);
      }
      await assert.rejects(rod.pause(), TypeError);
    },
  });
}
