/**
 * PBS: OpenPBS and PBS Professional, `qsub`, `qstat`, `qdel`.
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

/** PBS, with an array of one job for each engine. */
export const PBS: BatchSystem = {
  name: "pbs",
  title: "PBS",
  submit: ["qsub"],
  script: pbsScript,
  submittedId: (stdout) => /^(\d+)(?:\[\])?\./m.exec(stdout)?.[1],
  taskId: (id, task) => `${id}[${task}]`,
  logFile: (logFolder, jobName, taskId) =>
    join(logFolder, `${jobName}-${taskId.replace(/\[(\d+)\]$/, ".$1")}.log`),
  list: (ids) => ["qstat", "-x", "-t", ...new Set(ids.map(arrayOf))],
  listed: pbsStates,
  listsNothing: (stderr) => stderr.includes("Unknown Job Id"),
  cancel: (ids) => ["qdel", ...ids],
  signal: (id, signal) => ["qsig", "-s", signal, id],
};

function arrayOf(id: string): string {
  return id.replace(/\[\d+\]$/, "[]");
}

function pbsScript(variables: BatchVariables): string {
  const { jobName, logFolder, tasks, enginesPerJob } = variables;
  // An array of one is none to PBS: it gets a second job that ends at once.
  const surplus = `[ "$PBS_ARRAY_INDEX" -lt ${tasks} ] || exit 0`;
  const prologue = [surplus, ...variables.prologue];
  return batchScript({ ...variables, prologue }, {
    prefix: "#PBS",
    directives: [
      // Longer names are refused.
      `-N ${jobName.slice(0, 15)}`,
      "-V",
      // Without it there are no arrays.
      "-r y",
      "-j oe",
      `-o ${join(logFolder, `${jobName}-^array_id^.^array_index^.log`)}`,
      `-J 0-${Math.max(1, tasks - 1)}`,
      `-l select=1:ncpus=${enginesPerJob}`,
      ...given(
        ["-q ", variables.queue],
        ["-A ", variables.account],
        ["-l walltime=", variables.timeLimit],
      ),
    ],
    task: "PBS_ARRAY_INDEX",
  });
}

/** Lines such as `12[3].head  ippd-a  user  00:00:01 R workq`. */
function pbsStates(stdout: string): ReadonlyMap<string, BatchState> {
  const states = new Map<string, BatchState>();
  for (const line of stdout.split("\n")) {
    const words = line.trim().split(/\s+/);
    const id = /^(\d+\[\d+\])/.exec(words[0] ?? "")?.[1];
    if (id !== undefined) states.set(id, pbsState(words[4] ?? ""));
  }
  return states;
}

function pbsState(letter: string): BatchState {
  if (letter === "R" || letter === "E") return { kind: "running" };
  if (letter === "F" || letter === "X") {
    return { kind: "ended", reason: `ended in state ${letter}` };
  }
  return { kind: "pending", reason: `state ${letter}` };
}
