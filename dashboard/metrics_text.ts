/**
 * A status as Prometheus reads it: the text exposition format, version 0.0.4.
 *
 * @module
 */
import {
  type ClusterFigures,
  DURATION_BOUNDS,
  type DurationFigures,
  type ProcessStatus,
  type StatusReply,
} from "../messages/mod.ts";

/** The content type of the text. */
export const METRICS_CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8";

type MetricType = "counter" | "gauge" | "histogram";

interface Metric {
  readonly name: string;
  readonly help: string;
  readonly type: MetricType;
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
  const text = new MetricsWriter(status.clusterId);
  const engines = status.processes.filter(({ role }) => role === "engine");
  text.one("ippd_engines", "Engines in the cluster.", engines.length);
  text.one("ippd_clients", "Clients that are connected.", status.clients);
  text.one("ippd_uptime_seconds", "Age of the hub.", status.uptimeMs / 1_000);
  for (const { name, help, type, of, isTasks } of METRICS) {
    text.begin(name, help, type);
    for (const process of status.processes) {
      if (isTasks && process.role === "hub") continue;
      if (name === "ippd_slots" && process.role !== "engine") continue;
      text.value(name, of(process), labelsOf(process));
    }
  }
  writeLimits(text, status.processes);
  if (status.figures !== undefined) writeFigures(text, status.figures);
  return text.text;
}

/** Which process a value is of. */
function labelsOf({ role, host, pid, engineId }: ProcessStatus): Labels {
  return {
    role,
    host,
    pid: String(pid),
    ...(role === "engine" ? { engine: String(engineId) } : {}),
  };
}

/** How often each process reached which limit; those that were reached. */
function writeLimits(
  text: MetricsWriter,
  processes: readonly ProcessStatus[],
): void {
  text.begin(
    "ippd_limit_reached_total",
    "Times that a named limit took effect.",
    "counter",
  );
  for (const process of processes) {
    for (const [limit, count] of Object.entries(process.limits ?? {})) {
      const labels = { ...labelsOf(process), limit };
      text.value("ippd_limit_reached_total", count, labels);
    }
  }
}

/** What the hub counts; of tasks only where it keeps records. */
function writeFigures(text: MetricsWriter, figures: ClusterFigures): void {
  text.counter(
    "ippd_refusals_total",
    "Connections and messages that the hub refused.",
    figures.refused,
  );
  if (figures.store === "none") return;
  text.begin("ippd_store_info", "Where records are kept.", "gauge");
  text.value("ippd_store_info", 1, { store: figures.store });
  text.counter(
    "ippd_observations_total",
    "Observations of tasks that were taken.",
    figures.observed,
  );
  text.counter(
    "ippd_observations_dropped_total",
    "Observations of tasks for which there was no room.",
    figures.dropped,
  );
  text.counter(
    "ippd_store_failures_total",
    "Times that the store of records failed.",
    figures.storeFailures,
  );
  text.one(
    "ippd_live_records",
    "Records in memory, because they still change.",
    figures.liveRecords,
  );
  text.begin("ippd_tasks_ended_total", "Tasks that ended, by how.", "counter");
  for (const [status, count] of Object.entries(figures.ended)) {
    text.value("ippd_tasks_ended_total", count, { status });
  }
  text.histogram(
    "ippd_task_wait_seconds",
    "From the submission of a task to the start of its code.",
    figures.waited,
  );
  text.histogram(
    "ippd_task_run_seconds",
    "From the start of a task's code to its end.",
    figures.ran,
  );
}

type Labels = Readonly<Record<string, string>>;

/** Writes metrics of one cluster, a family at a time. */
class MetricsWriter {
  readonly #cluster: string;
  readonly #lines: string[] = [];

  constructor(cluster: string) {
    this.#cluster = cluster;
  }

  /** All that was written. */
  get text(): string {
    return this.#lines.join("\n") + "\n";
  }

  /** Begins a family; its values follow. */
  begin(name: string, help: string, type: MetricType): void {
    this.#lines.push(`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`);
  }

  /** One value of the family. */
  value(name: string, value: number, labels: Labels = {}): void {
    const all = labelText({ cluster: this.#cluster, ...labels });
    this.#lines.push(`${name}${all} ${value}`);
  }

  /** A family with one gauge. */
  one(name: string, help: string, value: number): void {
    this.begin(name, help, "gauge");
    this.value(name, value);
  }

  /** A family with one counter. */
  counter(name: string, help: string, value: number): void {
    this.begin(name, help, "counter");
    this.value(name, value);
  }

  /** A family with one histogram; its classes are cumulative. */
  histogram(name: string, help: string, figures: DurationFigures): void {
    this.begin(name, help, "histogram");
    let below = 0;
    for (const [index, count] of figures.counts.entries()) {
      below += count;
      const bound = DURATION_BOUNDS[index];
      const le = bound === undefined ? "+Inf" : String(bound);
      this.value(`${name}_bucket`, below, { le });
    }
    this.value(`${name}_sum`, figures.sum);
    this.value(`${name}_count`, below);
  }
}

function labelText(labels: Labels): string {
  const pairs = Object.entries(labels).map(([name, value]) =>
    `${name}="${escaped(value)}"`
  );
  return `{${pairs.join(",")}}`;
}

function escaped(value: string): string {
  return value.replaceAll("\\", "\\\\").replaceAll('"', '\\"')
    .replaceAll("\n", "\\n");
}
