/**
 * Slurm: `sbatch`, `squeue`, `scancel`.
 *
 * @module
 */
import { join } from "node:path";
import { batchScript, given } from "./batch_script.ts";
import type {
  BatchState,
  BatchSystem,
  BatchVariables,
} from "./batch_system.ts";
import { shellWord } from "./shell_words.ts";

const RUNNING: ReadonlySet<string> = new Set(["RUNNING", "COMPLETING"]);
const PENDING: ReadonlySet<string> = new Set([
  "PENDING",
  "CONFIGURING",
  "REQUEUED",
  "RESV_DEL_HOLD",
  "SUSPENDED",
  "STOPPED",
]);

/** Slurm, with an array of one job for each engine, or `srun` in each job. */
export const SLURM: BatchSystem = {
  name: "slurm",
  title: "Slurm",
  submit: ["sbatch", "--parsable"],
  script: slurmScript,
  submittedId: (stdout) => /^(\d+)(?:;|\s*$)/.exec(stdout.trim())?.[1],
  taskId: (id, task) => `${id}_${task}`,
  logFile: (logFolder, jobName, taskId) =>
    join(logFolder, `${jobName}-${taskId}.log`),
  list: (ids) => [
    "squeue",
    "--noheader",
    "--array",
    "--states=all",
    "--format=%i|%T|%N|%r",
    `--jobs=${ids.join(",")}`,
  ],
  listed(stdout) {
    const states = new Map<string, BatchState>();
    for (const line of stdout.split("\n")) {
      const [id = "", state = "", where = "", reason = ""] = line.split("|");
      if (id !== "") states.set(id, slurmState(state, where, reason.trim()));
    }
    return states;
  },
  // That is how it says that all of them ended long ago.
  listsNothing: (stderr) => stderr.includes("Invalid job id"),
  cancel: (ids) => ["scancel", ...ids],
  // Without --full it reaches steps only, and an array's job has none.
  signal: (id, signal) => [
    "scancel",
    "--full",
    `--signal=${signal.replace(/^SIG/, "")}`,
    id,
  ],
};

function slurmScript(variables: BatchVariables): string {
  const { jobName, logFolder, tasks, enginesPerJob } = variables;
  return batchScript(variables, {
    prefix: "#SBATCH",
    directives: [
      `--job-name=${jobName}`,
      `--output=${join(logFolder, `${jobName}-%A_%a.log`)}`,
      `--array=0-${tasks - 1}`,
      `--ntasks=${enginesPerJob}`,
      // A node that fails must not start engines a second time.
      "--no-requeue",
      ...given(
        ["--partition=", variables.queue],
        ["--account=", variables.account],
        ["--time=", variables.timeLimit],
      ),
    ],
    task: "SLURM_ARRAY_TASK_ID",
    several: (engine) => [
      "export ippd_first",
      `exec srun --kill-on-bad-exit=0 --no-kill sh -c ${
        shellWord(`ippd_rank=$SLURM_PROCID; exec ${engine} </dev/null`)
      }`,
    ],
  });
}

function slurmState(state: string, where: string, reason: string): BatchState {
  if (RUNNING.has(state)) return { kind: "running", where };
  const isKnown = reason !== "" && reason !== "None";
  if (PENDING.has(state)) {
    return { kind: "pending", reason: isKnown ? reason : state };
  }
  return {
    kind: "ended",
    reason: `ended as ${state}${isKnown ? ` (${reason})` : ""}`,
  };
}
