/**
 * Kubernetes: an indexed Job and a Secret, by `kubectl`.
 *
 * @module
 */
import type {
  BatchState,
  BatchSystem,
  BatchVariables,
} from "./batch_system.ts";
import { shellCommand } from "./shell_words.ts";

/**
 * Kubernetes, with one pod for each engine; the pods are one job. The connection info travels as a
 * secret and reaches the engine in its environment; nothing else is shared.
 */
export const KUBERNETES: BatchSystem = {
  name: "kubernetes",
  isApart: true,
  title: "Kubernetes",
  submit: ["kubectl", "create", "--output=name", "--filename=-"],
  script: kubernetesManifest,
  submittedId: (stdout) => /^job\.batch\/(\S+)/m.exec(stdout)?.[1],
  isWhole: true,
  taskId: (id) => id,
  // Its logs are in the cluster: kubectl logs shows them.
  logFile: () => "",
  list: () => [
    "kubectl",
    "get",
    "jobs",
    "--selector=app=ippd",
    "--no-headers",
    "--output=custom-columns=JOB:.metadata.name,READY:.status.ready," +
    "CONDITION:.status.conditions[-1:].type," +
    "REASON:.status.conditions[-1:].reason",
  ],
  listed(stdout) {
    const states = new Map<string, BatchState>();
    for (const line of stdout.split("\n")) {
      const [job = "", ready = "", condition = "", reason = ""] = line.trim()
        .split(/\s+/);
      if (job !== "") states.set(job, jobState(ready, condition, reason));
    }
    return states;
  },
  // A pod that is deleted fails its Job: only the whole can be ended.
  cancel: (ids) => [
    "kubectl",
    "delete",
    "--ignore-not-found",
    ...ids.flatMap((id) => [`job/${id}`, `secret/${id}`]),
  ],
};

function kubernetesManifest(variables: BatchVariables): string {
  const { tasks, firstIndex, launchPrefix, enginesPerJob } = variables;
  if (enginesPerJob !== 1 || variables.image === undefined) {
    throw new RangeError(
      "Cannot start engines by Kubernetes: it needs the option image, and one engine in each job",
    );
  }
  const name = variables.jobName.toLowerCase().replaceAll(/[^a-z0-9-]/g, "-");
  const labels = { app: "ippd" };
  const engine = `exec ${
    shellCommand(variables.engine)
  } --launch "${launchPrefix}$((${firstIndex} + JOB_COMPLETION_INDEX))"`;
  const secret = {
    apiVersion: "v1",
    kind: "Secret",
    metadata: { name, labels },
    stringData: { connection: variables.connectionInfo ?? "" },
  };
  const container = {
    name: "engine",
    image: variables.image,
    command: ["/bin/sh", "-c", [...variables.prologue, engine].join("\n")],
    env: [{
      name: "IPPD_CONNECTION_INFO",
      valueFrom: { secretKeyRef: { name, key: "connection" } },
    }],
  };
  const job = {
    apiVersion: "batch/v1",
    kind: "Job",
    metadata: { name, labels },
    spec: {
      completionMode: "Indexed",
      completions: tasks,
      parallelism: tasks,
      backoffLimit: 0,
      ttlSecondsAfterFinished: 600,
      template: {
        metadata: { labels },
        spec: {
          restartPolicy: "Never",
          ...(variables.account !== undefined &&
            { serviceAccountName: variables.account }),
          containers: [container],
        },
      },
    },
  };
  const list = { apiVersion: "v1", kind: "List", items: [secret, job] };
  return JSON.stringify(list, undefined, 2) + "\n";
}

function jobState(
  ready: string,
  condition: string,
  reason: string,
): BatchState {
  if (/^(Complete|Failed|SuccessCriteriaMet|FailureTarget)$/.test(condition)) {
    const why = reason === "" || reason === "<none>" ? "" : ` (${reason})`;
    return { kind: "ended", reason: `ended as ${condition}${why}` };
  }
  return Number(ready) > 0 ? { kind: "running" } : { kind: "pending" };
}
