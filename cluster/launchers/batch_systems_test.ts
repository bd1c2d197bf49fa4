import assert from "node:assert/strict";
import type {
  BatchState,
  BatchSystem,
  BatchVariables,
} from "./batch_system.ts";
import { BatchLauncher } from "./batch_launcher.ts";
import { GRID_ENGINE } from "./grid_engine.ts";
import { HTCONDOR } from "./htcondor.ts";
import { KUBERNETES } from "./kubernetes.ts";
import { LSF } from "./lsf.ts";
import { PBS } from "./pbs.ts";
import { SLURM } from "./slurm.ts";

const VARIABLES: BatchVariables = {
  jobName: "ippd-blue-s1",
  tasks: 3,
  enginesPerJob: 1,
  firstIndex: 4,
  launchPrefix: "blue/s1/",
  engine: ["/opt/my ippd", "engine", "--connect", "/home/u/e.json"],
  logFolder: "/home/u/log",
  queue: "short",
  account: "lab",
  timeLimit: "60",
  directives: ["--extra=1"],
  prologue: ["module load deno"],
};

const CONTAINER: BatchVariables = {
  ...VARIABLES,
  image: "example/ippd:1",
  connectionInfo: "{}",
  directives: [],
};

const GOLDEN: readonly (readonly [string, BatchSystem, BatchVariables])[] = [
  ["slurm.txt", SLURM, VARIABLES],
  ["slurm_several.txt", SLURM, { ...VARIABLES, enginesPerJob: 2 }],
  ["sge.txt", GRID_ENGINE, VARIABLES],
  ["pbs.txt", PBS, VARIABLES],
  ["pbs_several.txt", PBS, { ...VARIABLES, enginesPerJob: 2 }],
  ["lsf.txt", LSF, VARIABLES],
  ["htcondor.txt", HTCONDOR, VARIABLES],
  ["kubernetes.txt", KUBERNETES, CONTAINER],
];

for (const [file, system, variables] of GOLDEN) {
  Deno.test(`${system.title} gets the script of ${file}`, async () => {
    const url = new URL(`golden/${file}`, import.meta.url);
    const script = system.script(variables);
    // Written anew where somebody asks for it, and then read by a person.
    if (Deno.env.get("IPPD_GOLDEN") === "write") {
      await Deno.writeTextFile(url, script);
    }
    assert.equal(script, await Deno.readTextFile(url));
  });
}

/** What submission and listing print, and what is understood of it. */
const ANSWERS: readonly {
  readonly system: BatchSystem;
  readonly submitted: string;
  readonly ids: readonly string[];
  readonly listed: string;
  readonly states: readonly (readonly [string, BatchState])[];
  readonly cancel: string;
}[] = [
  {
    system: SLURM,
    submitted: "17;cluster\n",
    ids: ["17_0", "17_1"],
    listed: "17_0|RUNNING|n1|None\n17_1|PENDING||Resources\n" +
      "17_2|TIMEOUT|n1|TimeLimit\n",
    states: [
      ["17_0", { kind: "running", where: "n1" }],
      ["17_1", { kind: "pending", reason: "Resources" }],
      ["17_2", { kind: "ended", reason: "ended as TIMEOUT (TimeLimit)" }],
    ],
    cancel: "scancel 17_0 17_1",
  },
  {
    system: GRID_ENGINE,
    submitted: "2.1-4:1\n",
    ids: ["2.1", "2.2"],
    listed: [
      "job-ID  prior   name user state submit/start at queue slots ja-task-ID",
      "-------------------------------------------------------------------",
      " 2 0.55500 ippd root r  11/21/2026 10:00:00 main.q@vm 1 1",
      " 2 0.55500 ippd root qw 11/21/2026 10:00:00           1 2",
      " 2 0.55500 ippd root Eqw 11/21/2026 10:00:00          1 3",
    ].join("\n"),
    states: [
      ["2.1", { kind: "running", where: "main.q@vm" }],
      ["2.2", { kind: "pending", reason: "qw" }],
      ["2.3", {
        kind: "pending",
        reason: "error state Eqw; qstat -j explains it",
      }],
    ],
    cancel: "qdel 2.1 2.2",
  },
  {
    system: PBS,
    submitted: "12[].head\n",
    ids: ["12[0]", "12[1]"],
    listed: [
      "Job id    Name  User  Time Use S Queue",
      "12[0].head ippd  u  00:00:01 R workq",
      "12[1].head ippd  u  0 Q workq",
      "12[2].head ippd  u  0 X workq",
    ].join("\n"),
    states: [
      ["12[0]", { kind: "running" }],
      ["12[1]", { kind: "pending", reason: "state Q" }],
      ["12[2]", { kind: "ended", reason: "ended in state X" }],
    ],
    cancel: "qdel 12[0] 12[1]",
  },
  {
    system: LSF,
    submitted: "Job <7> is submitted to queue <short>.\n",
    ids: ["7[1]", "7[2]"],
    listed: "7|1|RUN|h1|-\n7|2|PEND|-|-\n7|3|EXIT|h1|TERM_OWNER\n",
    states: [
      ["7[1]", { kind: "running", where: "h1" }],
      ["7[2]", { kind: "pending", reason: "PEND" }],
      ["7[3]", { kind: "ended", reason: "ended as EXIT (TERM_OWNER)" }],
    ],
    cancel: "bkill 7[1] 7[2]",
  },
  {
    system: HTCONDOR,
    submitted: "9.0 - 9.2\n",
    ids: ["9.0", "9.1"],
    listed: "9.0|2|\n9.1|5|no room\n9.2|4|\n",
    states: [
      ["9.0", { kind: "running" }],
      ["9.1", { kind: "pending", reason: "held: no room" }],
      ["9.2", { kind: "ended", reason: "has completed" }],
    ],
    cancel: "condor_rm 9.0 9.1",
  },
  {
    system: KUBERNETES,
    submitted: "secret/ippd-blue\njob.batch/ippd-blue\n",
    ids: ["ippd-blue"],
    listed: "ippd-blue 2 <none> <none>\nippd-red <none> <none> <none>\n" +
      "ippd-old <none> Failed BackoffLimitExceeded\n",
    states: [
      ["ippd-blue", { kind: "running" }],
      ["ippd-red", { kind: "pending" }],
      ["ippd-old", {
        kind: "ended",
        reason: "ended as Failed (BackoffLimitExceeded)",
      }],
    ],
    cancel: "kubectl delete --ignore-not-found job/ippd-blue secret/ippd-blue",
  },
];

for (const { system, submitted, ids, listed, states, cancel } of ANSWERS) {
  Deno.test(`${system.title} is understood`, () => {
    const id = system.submittedId(submitted) ?? "";
    assert.deepEqual(ids.map((_, task) => system.taskId(id, task)), ids);
    assert.deepEqual([...system.listed(listed)], states);
    assert.equal(system.cancel(ids).join(" "), cancel);
    assert.equal(system.submittedId("sorry\n"), undefined);
  });
}

Deno.test("BatchLauncher refuses a controller whose files would stay in a container", async () => {
  const launch = {
    profile: "default",
    clusterId: "",
    logFolder: "/no/such",
    clusterFolder: "/no/such",
    detached: false,
    args: [],
    onStdout: () => {},
    onFailed: () => {},
  };
  for (const options of [{ image: "ippd:1" }, {}]) {
    const launcher = new BatchLauncher(KUBERNETES, options);
    await assert.rejects(
      launcher.startController(launch),
      /Cannot start a controller by Kubernetes in a container/,
    );
  }
});
