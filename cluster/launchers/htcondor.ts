/**
 * HTCondor: `condor_submit`, `condor_q`, `condor_rm`.
 *
 * @module
 */
import { join } from "node:path";
import { given } from "./batch_script.ts";
import type {
  BatchState,
  BatchSystem,
  BatchVariables,
} from "./batch_system.ts";
import { shellCommand } from "./shell_words.ts";

/** HTCondor, with one process of a cluster for each engine. */
export const HTCONDOR: BatchSystem = {
  name: "htcondor",
  title: "HTCondor",
  submit: ["condor_submit", "-terse", "-"],
  script: condorDescription,
  submittedId: (stdout) => /^(\d+)\.\d+/m.exec(stdout)?.[1],
  taskId: (id, task) => `${id}.${task}`,
  logFile: (logFolder, jobName, taskId) =>
    join(logFolder, `${jobName}-${taskId}.log`),
  list: (ids) => [
    "condor_q",
    "-allusers",
    ...new Set(ids.map((id) => id.replace(/\.\d+$/, ""))),
    "-format",
    "%d.",
    "ClusterId",
    "-format",
    "%d|",
    "ProcId",
    "-format",
    "%d|",
    "JobStatus",
    "-format",
    "%s",
    "HoldReason",
    "-format",
    "\n",
    "ClusterId",
  ],
  listed(stdout) {
    const states = new Map<string, BatchState>();
    for (const line of stdout.split("\n")) {
      const [id = "", status = "", hold = ""] = line.split("|");
      if (id !== "") states.set(id, condorState(status, hold));
    }
    return states;
  },
  cancel: (ids) => ["condor_rm", ...ids],
};

/**
 * A submit description that runs the engine by `sh -c`. HTCondor takes
 * `$(…)` for a macro of its own, so the shell calculates by `expr`.
 */
function condorDescription(variables: BatchVariables): string {
  const { jobName, logFolder, tasks, enginesPerJob, firstIndex } = variables;
  if (enginesPerJob !== 1) {
    throw new RangeError(
      "Cannot start engines by HTCondor with several in each job: it deals out cores by process; leave enginesPerJob out",
    );
  }
  const index = `\`expr ${firstIndex} + $IPPD_CONDOR_PROCESS\``;
  const script = [
    ...variables.prologue,
    `exec ${
      shellCommand(variables.engine)
    } --launch "${variables.launchPrefix}${index}" </dev/null`,
  ].join("; ");
  const log = join(logFolder, `${jobName}-$(Cluster).$(Process).log`);
  return [
    "universe = vanilla",
    "executable = /bin/sh",
    `arguments = "-c ${condorArgument(script)}"`,
    "transfer_executable = False",
    "getenv = True",
    'environment = "IPPD_CONDOR_PROCESS=$(Process)"',
    `batch_name = ${jobName}`,
    `output = ${log}`,
    `error = ${log}`,
    "request_cpus = 1",
    ...given(
      ["accounting_group = ", variables.account],
      ["+MaxRuntime = ", variables.timeLimit],
    ),
    ...variables.directives,
    `queue ${tasks}`,
    "",
  ].join("\n");
}

/** An argument within the double quotes of `arguments`. */
function condorArgument(text: string): string {
  return `'${text.replaceAll("'", "''").replaceAll('"', '""')}'`;
}

function condorState(status: string, hold: string): BatchState {
  switch (status) {
    case "2":
    case "6":
      return { kind: "running" };
    case "3":
      return { kind: "ended", reason: "was removed" };
    case "4":
      return { kind: "ended", reason: "has completed" };
    case "5":
      return { kind: "pending", reason: `held: ${hold}` };
    default:
      return { kind: "pending", reason: "idle" };
  }
}
