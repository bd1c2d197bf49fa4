/**
 * LSF: `bsub`, `bjobs`, `bkill`.
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

const PENDING: ReadonlySet<string> = new Set([
  "PEND",
  "PSUSP",
  "SSUSP",
  "USUSP",
  "WAIT",
]);

/** LSF, with an array of one job for each engine. */
export const LSF: BatchSystem = {
  name: "lsf",
  title: "LSF",
  submit: ["bsub"],
  script: lsfScript,
  submittedId: (stdout) => /Job <(\d+)>/.exec(stdout)?.[1],
  // Its arrays begin at 1.
  taskId: (id, task) => `${id}[${task + 1}]`,
  logFile: (logFolder, jobName, taskId) =>
    join(logFolder, `${jobName}-${taskId.replace(/\[(\d+)\]$/, ".$1")}.log`),
  list: (ids) => [
    "bjobs",
    "-a",
    "-noheader",
    "-o",
    "jobid jobindex stat exec_host exit_reason delimiter='|'",
    ...new Set(ids.map((id) => id.replace(/\[\d+\]$/, ""))),
  ],
  listed(stdout) {
    const states = new Map<string, BatchState>();
    for (const line of stdout.split("\n")) {
      const [job, index, state = "", where = "-", reason = "-"] = line.trim()
        .split("|");
      if (job === undefined || index === undefined) continue;
      states.set(`${job}[${index}]`, lsfState(state, where, reason));
    }
    return states;
  },
  listsNothing: (stderr) => stderr.includes("is not found"),
  cancel: (ids) => ["bkill", ...ids],
  signal: (id, signal) => ["bkill", "-s", signal.replace(/^SIG/, ""), id],
};

function lsfScript(variables: BatchVariables): string {
  const { jobName, logFolder, tasks, enginesPerJob } = variables;
  return batchScript(variables, {
    prefix: "#BSUB",
    directives: [
      `-J "${jobName}[1-${tasks}]"`,
      `-o ${join(logFolder, `${jobName}-%J.%I.log`)}`,
      `-n ${enginesPerJob}`,
      '-R "span[hosts=1]"',
      "-rn",
      ...given(
        ["-q ", variables.queue],
        ["-P ", variables.account],
        ["-W ", variables.timeLimit],
      ),
    ],
    task: "LSB_JOBINDEX - 1",
  });
}

function lsfState(state: string, where: string, reason: string): BatchState {
  if (state === "RUN") return { kind: "running", where };
  if (PENDING.has(state)) return { kind: "pending", reason: state };
  const why = reason === "-" ? "" : ` (${reason})`;
  return { kind: "ended", reason: `ended as ${state}${why}` };
}
