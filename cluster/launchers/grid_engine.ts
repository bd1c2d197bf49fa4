/**
 * Grid Engine: `qsub`, `qstat`, `qdel`.
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

/** Grid Engine, with an array of one job for each engine. */
export const GRID_ENGINE: BatchSystem = {
  name: "sge",
  title: "Grid Engine",
  submit: ["qsub", "-terse"],
  script: gridEngineScript,
  submittedId: (stdout) => /^(\d+)(?:\.|\s*$)/m.exec(stdout)?.[1],
  // Its arrays begin at 1.
  taskId: (id, task) => `${id}.${task + 1}`,
  logFile: (logFolder, jobName, taskId) =>
    join(logFolder, `${jobName}-${taskId}.log`),
  list: () => ["qstat", "-g", "d"],
  listed: gridEngineStates,
  cancel: (ids) => ["qdel", ...ids],
};

function gridEngineScript(variables: BatchVariables): string {
  const { jobName, logFolder, tasks } = variables;
  return batchScript(variables, {
    prefix: "#$",
    directives: [
      "-S /bin/sh",
      "-V",
      "-cwd",
      // It is warned before it is killed: by SIGUSR2, some seconds ahead.
      "-notify",
      "-r n",
      `-N ${jobName}`,
      "-j y",
      `-o ${join(logFolder, `${jobName}-$JOB_ID.$TASK_ID.log`)}`,
      `-t 1-${tasks}`,
      ...given(
        ["-q ", variables.queue],
        ["-A ", variables.account],
        ["-l h_rt=", variables.timeLimit],
      ),
    ],
    task: "SGE_TASK_ID - 1",
  });
}

/**
 * Lines such as
 * `2 0.55500 ippd root r 11/21/2026 10:00:00 main.q@vm 1 3`.
 */
function gridEngineStates(stdout: string): ReadonlyMap<string, BatchState> {
  const states = new Map<string, BatchState>();
  for (const line of stdout.split("\n")) {
    const words = line.trim().split(/\s+/);
    const [job = "", , , , state = ""] = words;
    if (!/^\d+$/.test(job)) continue;
    const task = words.at(-1) ?? "";
    const where = words.length >= 10 ? words[7] : undefined;
    states.set(`${job}.${task}`, gridEngineState(state, where));
  }
  return states;
}

function gridEngineState(state: string, where?: string): BatchState {
  if (state.includes("E")) {
    return {
      kind: "pending",
      reason: `error state ${state}; qstat -j explains it`,
    };
  }
  if (/[rt]/.test(state) && !state.includes("w")) {
    return where === undefined
      ? { kind: "running" }
      : { kind: "running", where };
  }
  return { kind: "pending", reason: state };
}
