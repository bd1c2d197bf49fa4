import assert from "node:assert/strict";
import { eventually, isRunning } from "../cli/ippd_process.ts";
import { conforms, withEmptyCluster } from "./conformance.ts";
import { hasPrograms, isRoot } from "./programs.ts";

const AS_ROOT = isRoot() ? ["--allow-run-as-root"] : [];

const MPIS = [
  ["Open MPI", "mpiexec.openmpi", ["--oversubscribe", ...AS_ROOT]],
  ["MPICH", "mpiexec.mpich", []],
] as const;

for (const [title, mpiexec, mpiArgs] of MPIS) {
  const options = {
    launcher: "mpi",
    launcherOptions: { mpiexec, mpiArgs: [...mpiArgs] },
  };
  const ignore = !hasPrograms(mpiexec);

  Deno.test({
    name: `the MPI launcher conforms with ${title}`,
    ignore,
    fn: (t) => conforms(t, { options, enginesPerJob: 2, hasSignals: true }),
  });

  Deno.test({
    name: `ranks of ${title} are engine ids, and end with their cluster`,
    ignore,
    fn: async () => {
      let pids: number[] = [];
      await withEmptyCluster(async (cluster, client) => {
        await cluster.startEngines(1);
        await cluster.startEngines(3, options);
        await client.waitForEngines(4, { timeoutMs: 5_000 });
        const ranks = client.engines.filter(({ launch }) =>
          launch !== client.engines[0]?.launch
        );
        assert.deepEqual(
          ranks.map(({ engineId, launch }) => [
            engineId,
            launch?.split("/").at(-1),
          ]),
          [[1, "0"], [2, "1"], [3, "2"]],
        );
        pids = client.engines.map(({ pid }) => pid);
      });
      for (const pid of pids) {
        // mpiexec may end a moment before those whom it started.
        assert.ok(await eventually(async () => !await isRunning(pid)));
      }
    },
  });
}
