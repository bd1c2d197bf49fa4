import assert from "node:assert/strict";
import { eventually } from "../cli/ippd_process.ts";
import {
  conforms,
  startsControllers,
  withEmptyCluster,
} from "./conformance.ts";
import { hasPrograms, isRoot } from "./programs.ts";
import { SlurmHost } from "./slurm_host.ts";

const ignore = !isRoot() ||
  !hasPrograms("slurmctld", "slurmd", "sbatch", "munged");

const SLURM = "slurm";
const pollIntervalMs = 150;

async function withSlurm(run: () => Promise<void>): Promise<void> {
  await using host = await SlurmHost.start();
  Deno.env.set("SLURM_CONF", host.configuration);
  try {
    await run();
  } finally {
    Deno.env.delete("SLURM_CONF");
  }
}

Deno.test({
  name: "the Slurm launcher conforms, with an array and with several to a job",
  ignore,
  fn: async (t) => {
    await withSlurm(async () => {
      for (const enginesPerJob of [1, 2]) {
        const launcherOptions = { pollIntervalMs, enginesPerJob };
        const options = { launcher: SLURM, launcherOptions };
        await conforms(t, { options, enginesPerJob, hasSignals: true });
      }
    });
  },
});

Deno.test({
  name: "Slurm's reasons reach the user",
  ignore,
  fn: async (t) => {
    await withSlurm(() =>
      withEmptyCluster(async (cluster, client) => {
        await t.step("a job that is refused", async () => {
          await assert.rejects(
            cluster.startEngines(1, {
              launcher: SLURM,
              launcherOptions: { queue: "no-such" },
            }),
            /Cannot submit 1 engines by Slurm: sbatch .*invalid partition/,
          );
        });

        await t.step("a job that waits", async () => {
          const set = await cluster.startEngines(12, {
            launcher: SLURM,
            launcherOptions: { pollIntervalMs },
            wait: false,
          });
          const isWaiting = () =>
            Promise.resolve(set.jobs.some(({ state }) =>
              state.kind === "pending" && state.reason === "Resources"
            ));
          assert.ok(await eventually(isWaiting), JSON.stringify(set.jobs));
          await client.waitForEngines(8, { timeoutMs: 10_000 });
          await cluster.stopEngines(set);
          assert.equal(set.n, 0);
        });

        await t.step("a job that somebody cancels", async () => {
          const starting = cluster.startEngines(1, {
            launcher: SLURM,
            launcherOptions: {
              pollIntervalMs,
              prologue: ["echo loading", "sleep 60"],
            },
          });
          const cancel = async () => {
            const { stdout } = await new Deno.Command("squeue", {
              args: ["-h", "-t", "running", "-o", "%i"],
            }).output();
            const id = new TextDecoder().decode(stdout).trim();
            if (id === "") {
              return false;
            }
            return (await new Deno.Command("scancel", { args: [id] }).output())
              .success;
          };
          assert.ok(await eventually(cancel));
          await assert.rejects(
            starting,
            /Slurm job \d+_0 ended as CANCELLED.*\)/,
          );
        });
      })
    );
  },
});

Deno.test({
  name: "a controller is a job of Slurm",
  ignore,
  fn: () => withSlurm(() => startsControllers(SLURM, { pollIntervalMs })),
});
