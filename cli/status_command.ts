/**
 * `ippd status`: how a cluster is.
 *
 * @module
 */
import { type Command, Option } from "commander";
import { IppdError } from "../base/mod.ts";
import { type Client, connect, type QueueStatus } from "../client/mod.ts";
import type {
  EngineQueue,
  EngineStack,
  ProcessStatus,
  StatusReply,
} from "../messages/mod.ts";
import { type CommandContext, example } from "./command_context.ts";
import {
  addConnectionFlags,
  type ConnectionFlags,
  connectionInfo,
} from "./connection_source.ts";
import { EXIT, type ExitCode } from "./exit_codes.ts";
import { outputOption, seconds } from "./option_values.ts";
import { type Column, formatBytes, formatTable } from "./table.ts";
import { PLAIN, type Style } from "./style.ts";
import type { Terminal } from "./terminal.ts";

interface StatusFlags extends ConnectionFlags {
  readonly output: "text" | "json";
  readonly timeout: number;
  readonly stack?: true;
}

const TIMEOUT_MS = 5_000;
/** Limits that people are told of, those reached most often. */
const LIMITS_SHOWN_MAX = 4;

const COLUMNS: readonly Column[] = [
  { heading: "ROLE" },
  { heading: "ID", align: "right" },
  { heading: "HOST" },
  { heading: "PID", align: "right" },
  { heading: "SLOTS", align: "right" },
  { heading: "RUNNING", align: "right" },
  { heading: "QUEUED", align: "right" },
  { heading: "FINISHED", align: "right" },
  { heading: "MEMORY", align: "right" },
  { heading: "KEY" },
];

/** Defines `ippd status`. */
export function defineStatus(
  command: Command,
  { terminal, finish }: CommandContext,
): void {
  command.description("Show how a cluster is: hub, schedulers and engines.");
  addConnectionFlags(command)
    .addOption(
      new Option("--timeout <seconds>", "how long to wait for the hub")
        .argParser(seconds).default(TIMEOUT_MS, String(TIMEOUT_MS / 1_000)),
    )
    .option("--stack", "show what runs in each slot, and where it is")
    .addOption(outputOption())
    .addHelpText(
      "after",
      `\nLimits that were reached are named below the table; docs/limits.md says\nwhat happens at each, and -o json which process it was.\n${
        example("ippd status --connect ippd-client.json")
      }`,
    )
    .action(async (flags: StatusFlags) =>
      finish(await showStatus(flags, terminal))
    );
}

async function showStatus(
  flags: StatusFlags,
  terminal: Terminal,
): Promise<ExitCode> {
  const info = await connectionInfo("client", flags, terminal);
  await using client = await connect(info, { timeoutMs: flags.timeout });
  const status = await exactStatus(client);
  const stacks = flags.stack === true ? await client.stack() : undefined;
  terminal.out(
    flags.output === "json"
      ? statusJson(status, stacks)
      : statusText(status, terminal.style) + stackText(stacks ?? []),
  );
  return EXIT.ok;
}

/** How everybody is, also where a scheduler does not say what waits. */
export async function exactStatus(client: Client): Promise<StatusReply> {
  const status = await client.status();
  try {
    return withQueues(status, await client.queueStatus());
  } catch (error) {
    if (error instanceof IppdError) return status;
    throw error;
  }
}

/**
 * A status with queues as schedulers know them now: what engines say of
 * themselves is as old as their last heartbeat.
 */
export function withQueues(
  status: StatusReply,
  { engines, unassigned }: QueueStatus,
): StatusReply {
  const queues = new Map(engines.map((queue) => [queue.engineId, queue]));
  const total = (of: (queue: EngineQueue) => number): number =>
    engines.reduce((sum, queue) => sum + of(queue), 0);
  const { length } = status.processes.filter(({ role }) =>
    role === "scheduler"
  );
  const exact = (process: ProcessStatus): ProcessStatus => {
    const { role, engineId, finished } = process;
    // Several schedulers have told of their queues together.
    if (role === "scheduler" && length === 1) {
      const running = total((queue) => queue.running);
      const queued = unassigned + total((queue) => queue.queued);
      return { ...process, running, queued };
    }
    const queue = role === "engine" ? queues.get(engineId) : undefined;
    if (queue === undefined) return process;
    // What an engine was sent ahead waits there.
    const running = Math.min(queue.running, process.slots);
    const queued = queue.queued + queue.running - running;
    const ended = Math.max(finished, queue.finished);
    return { ...process, running, queued, finished: ended };
  };
  return { ...status, processes: status.processes.map(exact) };
}

/** A status for programs. */
export function statusJson(
  status: StatusReply,
  stacks?: readonly EngineStack[],
): string {
  const { clusterId, uptimeMs, clients, clientKeys, processes } = status;
  const shown = {
    clusterId,
    uptimeMs,
    clients,
    clientKeys,
    processes,
    stacks,
  };
  return JSON.stringify(shown, undefined, 2) + "\n";
}

/** A status for people. */
export function statusText(status: StatusReply, style: Style = PLAIN): string {
  const { clusterId, clients, uptimeMs } = status;
  const name = clusterId === "" ? "The cluster" : `Cluster ${clusterId}`;
  const heading = `${name} is up for ${(uptimeMs / 1_000).toFixed(0)} s, ` +
    `${clients} ${clients === 1 ? "client" : "clients"}${whose(status)}\n`;
  const rows = status.processes.map((process) => statusRow(process, style));
  return heading + formatTable(COLUMNS, rows, style) +
    limitsText(status.processes);
}

/** One line for people where limits were reached; what each does is documented. */
export function limitsText(processes: readonly ProcessStatus[]): string {
  const counts = new Map<string, number>();
  for (const { role, limits = {} } of processes) {
    for (const [limit, count] of Object.entries(limits)) {
      const key = `${limit} (${role})`;
      counts.set(key, (counts.get(key) ?? 0) + count);
    }
  }
  if (counts.size === 0) return "";
  const most = [...counts].sort((a, b) => b[1] - a[1]);
  const shown = most.slice(0, LIMITS_SHOWN_MAX).map(([key, count]) =>
    count === 1 ? key : `${key} × ${count}`
  );
  const more = most.length - shown.length;
  const rest = more === 0 ? "" : ` and ${more} more`;
  return `Limits reached: ${shown.join(", ")}${rest}; docs/limits.md says ` +
    "what each does, -o json by which process\n";
}

/** Whose clients they are, such as ` (alice, client × 2)`. */
function whose({ clientKeys = [] }: StatusReply): string {
  if (clientKeys.length === 0) return "";
  const names = clientKeys.map(({ name, clients }) =>
    clients === 1 ? name : `${name} × ${clients}`
  );
  return ` (${names.join(", ")})`;
}

/** What runs in each slot, for people. */
export function stackText(stacks: readonly EngineStack[]): string {
  return stacks.flatMap(({ engineId, slots }) =>
    slots.map(({ slot, taskId, state, frames }) => {
      const task = taskId === undefined ? "" : ` task ${taskId}`;
      const lines = frames.map((frame) => `    at ${frame}\n`).join("");
      return `\nEngine ${engineId}, slot ${slot}: ${state}${task}\n${lines}`;
    })
  ).join("");
}

function statusRow(process: ProcessStatus, style: Style): string[] {
  const isEngine = process.role === "engine";
  // Neither has tasks.
  const isIdle = process.role === "hub" || process.role === "leaf";
  const load = (count: number): string => isIdle ? "-" : String(count);
  const { role, engines } = process;
  return [
    engines === undefined ? role : `${role} of ${engines}`,
    isEngine ? String(process.engineId) : "-",
    process.host,
    String(process.pid),
    isEngine ? String(process.slots) : "-",
    process.running > 0 ? style.good(load(process.running)) : load(0),
    process.queued > 0 ? style.warning(load(process.queued)) : load(0),
    load(process.finished),
    process.memoryBytes > 0 ? formatBytes(process.memoryBytes) : "-",
    process.key ?? "-",
  ];
}
