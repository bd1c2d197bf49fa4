/**
 * A status as Prometheus reads it: the text exposition format, version 0.0.4.
 *
 * @module
 */
import type { ProcessStatus, StatusReply } from "../messages/mod.ts";

/** The content type of the text. */
export const METRICS_CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8";

interface Metric {
  readonly name: string;
  readonly help: string;
  readonly type: "counter" | "gauge";
  readonly of: (process: ProcessStatus) => number;
  /** Whether the hub, which runs no tasks, has it. */
  readonly isTasks: boolean;
}

const METRICS: readonly Metric[] = [
  {
    name: "ippd_tasks_running",
    help: "Tasks that run, or are at an engine.",
    type: "gauge",
    of: ({ running }) => running,
    isTasks: true,
  },
  {
    name: "ippd_tasks_queued",
    help: "Tasks that wait.",
    type: "gauge",
    of: ({ queued }) => queued,
    isTasks: true,
  },
  {
    name: "ippd_tasks_finished_total",
    help: "Tasks that ended.",
    type: "counter",
    of: ({ finished }) => finished,
    isTasks: true,
  },
  {
    name: "ippd_process_resident_memory_bytes",
    help: "Resident memory of the process.",
    type: "gauge",
    of: ({ memoryBytes }) => memoryBytes,
    isTasks: false,
  },
  {
    name: "ippd_process_silent_seconds",
    help: "Time since the hub last heard of the process.",
    type: "gauge",
    of: ({ silentMs }) => silentMs / 1_000,
    isTasks: false,
  },
  {
    name: "ippd_slots",
    help: "Tasks that the engine runs at once.",
    type: "gauge",
    of: ({ slots }) => slots,
    isTasks: true,
  },
];

/** The metrics of a cluster. */
export function metricsText(status: StatusReply): string {
  const lines: string[] = [];
  const single = (name: string, help: string, value: number): void => {
    lines.push(`# HELP ${name} ${help}`, `# TYPE ${name} gauge`);
    lines.push(`${name}${labels({ cluster: status.clusterId })} ${value}`);
  };
  const engines = status.processes.filter(({ role }) => role === "engine");
  single("ippd_engines", "Engines in the cluster.", engines.length);
  single("ippd_clients", "Clients that are connected.", status.clients);
  single("ippd_uptime_seconds", "Age of the hub.", status.uptimeMs / 1_000);
  for (const { name, help, type, of, isTasks } of METRICS) {
    lines.push(`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`);
    for (const process of status.processes) {
      if (isTasks && process.role === "hub") continue;
      if (name === "ippd_slots" && process.role !== "engine") continue;
      const named = labels({
        cluster: status.clusterId,
        role: process.role,
        host: process.host,
        pid: String(process.pid),
        ...(process.role === "engine"
          ? { engine: String(process.engineId) }
          : {}),
      });
      lines.push(`${name}${named} ${of(process)}`);
    }
  }
  return lines.join("\n") + "\n";
}

function labels(names: Readonly<Record<string, string>>): string {
  const pairs = Object.entries(names).map(([name, value]) =>
    `${name}="${escaped(value)}"`
  );
  return `{${pairs.join(",")}}`;
}

function escaped(value: string): string {
  return value.replaceAll("\\", "\\\\").replaceAll('"', '\\"')
    .replaceAll("\n", "\\n");
}
