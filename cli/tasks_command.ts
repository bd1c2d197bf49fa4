/**
 * `ippd tasks`: what a cluster remembers of its tasks.
 *
 * @module
 */
import { type Command, InvalidArgumentError, Option } from "commander";
import { connect, type RecordFilter } from "../client/mod.ts";
import type { TaskRecordPart } from "../messages/mod.ts";
import { type CommandContext, example } from "./command_context.ts";
import {
  addConnectionFlags,
  type ConnectionFlags,
  connectionInfo,
} from "./connection_source.ts";
import { CliError, EXIT, type ExitCode } from "./exit_codes.ts";
import { outputOption, seconds, wholeNumber } from "./option_values.ts";
import { type Column, formatTable } from "./table.ts";
import { PLAIN, statusStyle, type Style } from "./style.ts";
import type { Terminal } from "./terminal.ts";

interface TasksFlags extends ConnectionFlags {
  readonly output: "text" | "json";
  readonly timeout: number;
  readonly query: RecordFilter;
  readonly sort: string;
  readonly limit: number;
  readonly keys?: readonly string[];
  readonly count?: true;
}

const TIMEOUT_MS = 5_000;
const LIMIT = 50;
const LIMIT_MAX = 100_000;

/** Longest text in a cell of the table. */
const CELL_LENGTH_MAX = 32;

const COLUMNS: readonly Column[] = [
  { heading: "ID" },
  { heading: "STATUS" },
  { heading: "WORK" },
  { heading: "LABEL" },
  { heading: "ENGINE", align: "right" },
  { heading: "SUBMITTED" },
  { heading: "TOOK", align: "right" },
  { heading: "ERROR" },
];

/** Fields that the table shows. */
const SHOWN: readonly string[] = [
  ...["status", "kind", "function", "label", "engineId", "submittedMs"],
  ...["startedMs", "completedMs", "reason", "error.name", "error.message"],
];

/** Defines `ippd tasks`. */
export function defineTasks(
  command: Command,
  { terminal, finish }: CommandContext,
): void {
  command.description(
    "Show records of tasks: the last ones, or those that fit a query.",
  );
  addConnectionFlags(command)
    .addOption(
      new Option("-q, --query <json>", "which records")
        .argParser(readFilter).default({}, "all"),
    )
    .option(
      "--sort <field>",
      'what comes first, with "-" the greatest',
      "-submittedMs",
    )
    .option(
      "-n, --limit <n>",
      "most records",
      wholeNumber(1, LIMIT_MAX),
      LIMIT,
    )
    .option(
      "--keys <fields>",
      "fields of the JSON form",
      (text) => text.split(","),
    )
    .option("--count", "only say how many there are")
    .addOption(
      new Option("--timeout <seconds>", "how long to wait for the hub")
        .argParser(seconds).default(TIMEOUT_MS, String(TIMEOUT_MS / 1_000)),
    )
    .addOption(outputOption())
    .addHelpText(
      "after",
      example(
        `ippd tasks --query '{"status": "error", "label": {"$glob": "sweep-*"}}'`,
      ),
    )
    .action(async (flags: TasksFlags) =>
      finish(await showTasks(flags, terminal))
    );
}

function readFilter(text: string): RecordFilter {
  let filter: unknown;
  try {
    filter = JSON.parse(text);
  } catch {
    filter = undefined;
  }
  if (typeof filter === "object" && filter !== null) return { ...filter };
  throw new InvalidArgumentError(
    'It must be a JSON object such as {"status": "error"}.',
  );
}

async function showTasks(
  flags: TasksFlags,
  terminal: Terminal,
): Promise<ExitCode> {
  const info = await connectionInfo("client", flags, terminal);
  await using client = await connect(info, { timeoutMs: flags.timeout });
  const { query, sort, limit } = flags;
  const isJson = flags.output === "json";
  try {
    if (flags.count === true) {
      const count = await client.count(query);
      terminal.out(isJson ? `${JSON.stringify({ count })}\n` : `${count}\n`);
      return EXIT.ok;
    }
    const keys = isJson ? flags.keys ?? [] : SHOWN;
    const records = await client.query(query, { keys, sort, limit });
    terminal.out(
      isJson
        ? JSON.stringify(records, undefined, 2) + "\n"
        : tasksText(records, terminal.style),
    );
    return EXIT.ok;
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    throw new CliError(EXIT.usage, error.message, { cause: error });
  }
}

/** Records for people. */
export function tasksText(
  records: readonly TaskRecordPart[],
  style: Style = PLAIN,
): string {
  if (records.length === 0) return "No task fits.\n";
  const rows = records.map((record) => {
    const paint = statusStyle(record.status ?? "", style);
    return taskRow(record).map((text, column) =>
      STATUS_COLUMNS.has(column) ? paint(text) : text
    );
  });
  return formatTable(COLUMNS, rows, style);
}

/** The status, and the error that explains it. */
const STATUS_COLUMNS: ReadonlySet<number> = new Set([1, 7]);

function taskRow(record: TaskRecordPart): string[] {
  const { kind = "", engineId, submittedMs, startedMs, completedMs } = record;
  const took = startedMs === undefined || completedMs === undefined
    ? "-"
    : `${(completedMs - startedMs).toFixed(1)} ms`;
  const error = record.error === undefined
    ? record.reason ?? ""
    : `${record.error.name}: ${record.error.message}`;
  return [
    record.id,
    record.status ?? "",
    record.function === undefined ? kind : `${kind} ${record.function}`,
    record.label ?? "-",
    engineId === undefined ? "-" : String(engineId),
    submittedMs === undefined ? "-" : timeText(submittedMs),
    took,
    error,
  ].map(cell);
}

function timeText(ms: number): string {
  const date = new Date(ms);
  return Number.isNaN(date.getTime()) ? "-" : date.toISOString().slice(0, 19);
}

/** One line without anything that moves the cursor. */
function cell(text: string, column: number): string {
  // deno-lint-ignore no-control-regex -- these are what must not be printed
  const plain = text.replaceAll(/[\x00-\x1f\x7f-\x9f]+/g, " ");
  return column === 0 || plain.length <= CELL_LENGTH_MAX
    ? plain
    : `${plain.slice(0, CELL_LENGTH_MAX - 1)}…`;
}
