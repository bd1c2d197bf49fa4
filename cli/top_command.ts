/**
 * `ippd top`: engines and queues, as they are now.
 *
 * @module
 */
import { type Command, Option } from "commander";
import { systemClock } from "../base/mod.ts";
import { connect } from "../client/mod.ts";
import type { StatusReply } from "../messages/mod.ts";
import { type CommandContext, example } from "./command_context.ts";
import {
  addConnectionFlags,
  type ConnectionFlags,
  connectionInfo,
} from "./connection_source.ts";
import { EXIT, type ExitCode } from "./exit_codes.ts";
import { seconds } from "./option_values.ts";
import { StopSource } from "./stop_source.ts";
import { type Column, formatBytes, formatTable } from "./table.ts";
import { cutLine, PLAIN, type Style } from "./style.ts";
import type { ScreenSize, Terminal } from "./terminal.ts";

interface TopFlags extends ConnectionFlags {
  readonly interval: number;
  readonly once?: true;
}

const INTERVAL_MS = 1_000;
const CONNECT_TIMEOUT_MS = 5_000;
/** Rates are of so long: engines tell every few seconds what they have done. */
const RATE_WINDOW_MS = 10_000;
/** Rows of engines that a screen shows. */
const ENGINES_SHOWN_MAX = 200;

const COLUMNS: readonly Column[] = [
  { heading: "ENGINE", align: "right" },
  { heading: "HOST" },
  { heading: "PID", align: "right" },
  { heading: "LOAD" },
  { heading: "RUNNING", align: "right" },
  { heading: "QUEUED", align: "right" },
  { heading: "FINISHED", align: "right" },
  { heading: "TASKS/S", align: "right" },
  { heading: "MEMORY", align: "right" },
  { heading: "HEARD", align: "right" },
];

/** Defines `ippd top`. */
export function defineTop(
  command: Command,
  { terminal, finish }: CommandContext,
): void {
  command.description(
    "Watch the engines of a cluster and what waits for them; Ctrl-C ends it.",
  );
  addConnectionFlags(command)
    .addOption(
      new Option("--interval <seconds>", "how often to look")
        .argParser(seconds).default(INTERVAL_MS, String(INTERVAL_MS / 1_000)),
    )
    .option("--once", "look twice, print, and end")
    .addHelpText("after", example("ippd top --interval 0.5"))
    .action(async (flags: TopFlags) => finish(await watch(flags, terminal)));
}

async function watch(flags: TopFlags, terminal: Terminal): Promise<ExitCode> {
  const info = await connectionInfo("client", flags, terminal);
  using stop = new StopSource(terminal);
  await using client = await connect(info, { timeoutMs: CONNECT_TIMEOUT_MS });
  const seen: Seen[] = [];
  for (let round = 0;; round++) {
    const now = { status: await client.status(), atMs: systemClock.now() };
    const text = topText(now, seen[0], terminal.style);
    if (flags.once !== true) terminal.out(screenOf(text, terminal.screen));
    else if (round > 0) {
      terminal.out(text);
      return EXIT.ok;
    }
    seen.push(now);
    while (now.atMs - (seen[0]?.atMs ?? now.atMs) > RATE_WINDOW_MS) {
      seen.shift();
    }
    if (await stop.within(flags.interval)) return EXIT.ok;
  }
}

/**
 * Text over what a screen shows, as much of it as fits; elsewhere it is only
 * appended. Each line clears what was behind it, so that nothing flickers.
 */
export function screenOf(text: string, screen: ScreenSize | undefined): string {
  if (screen === undefined) return `${text}\n`;
  const lines = text.trimEnd().split("\n");
  const shown = lines.slice(0, screen.rows - 1);
  if (shown.length < lines.length) {
    const more = lines.length - shown.length + 1;
    shown.splice(-1, 1, `and ${more} more, on a higher screen`);
  }
  const cut = shown.map((line) => `${cutLine(line, screen.columns)}\x1b[K\n`);
  return `\x1b[H${cut.join("")}\x1b[J`;
}

/** A status, and when it was. */
export interface Seen {
  /** How everybody was. */
  readonly status: StatusReply;
  /** When, in milliseconds. */
  readonly atMs: number;
}

/** What is shown; rates need an earlier look. */
export function topText(
  now: Seen,
  before: Seen | undefined,
  style: Style = PLAIN,
): string {
  const { status } = now;
  const engines = status.processes.filter(({ role }) => role === "engine");
  const schedulers = status.processes
    .filter(({ role }) => role === "scheduler");
  const sum = (of: (process: typeof engines[number]) => number): number =>
    schedulers.reduce((total, process) => total + of(process), 0);
  const slots = engines.reduce((total, engine) => total + engine.slots, 0);
  const name = status.clusterId === "" ? "cluster" : status.clusterId;
  const heading = [
    `${style.heading(name)}: up ${(status.uptimeMs / 1_000).toFixed(0)} s, ` +
    `${engines.length} engines with ${slots} slots, ${status.clients} clients`,
    `tasks: ${sum((p) => p.running)} at engines, ${sum((p) => p.queued)} ` +
    `waiting, ${sum((p) => p.finished)} finished`,
    "",
    "",
  ].join("\n");
  const shown = engines.slice(0, ENGINES_SHOWN_MAX);
  const rest = engines.length - shown.length;
  return heading +
    formatTable(
      COLUMNS,
      shown.map((engine) => [
        String(engine.engineId),
        engine.host,
        String(engine.pid),
        loadBar(engine.running, engine.slots, style),
        String(engine.running),
        engine.queued > 0 ? style.warning(String(engine.queued)) : "0",
        String(engine.finished),
        rateOf(engine.engineId, now, before),
        formatBytes(engine.memoryBytes),
        heardText(engine.silentMs, style),
      ]),
      style,
    ) + (rest > 0 ? `and ${rest} more\n` : "");
}

const BAR_WIDTH = 10;

function loadBar(running: number, slots: number, style: Style): string {
  const share = Math.min(1, running / Math.max(1, slots));
  const full = Math.round(share * BAR_WIDTH);
  const rest = BAR_WIDTH - full;
  return style.good("#".repeat(full)) + style.faint(".".repeat(rest));
}

/** Silence after which an engine is likely to be in trouble. */
const SILENT_MS = 5_000;

function heardText(silentMs: number, style: Style): string {
  const text = `${(silentMs / 1_000).toFixed(1)} s`;
  return silentMs > SILENT_MS ? style.bad(text) : text;
}

function rateOf(
  engineId: number,
  now: Seen,
  before: Seen | undefined,
): string {
  const [is, was] = [engineAt(now, engineId), engineAt(before, engineId)];
  if (is === undefined || was === undefined) return "-";
  // What it says is as old as its silence.
  const spanMs = is.heardAtMs - was.heardAtMs;
  if (spanMs < RATE_SPAN_MS_MIN) return "-";
  const perSecond = Math.max(0, is.finished - was.finished) / (spanMs / 1e3);
  return perSecond.toFixed(perSecond < 10 ? 1 : 0);
}

/** What is said within less is one saying. */
const RATE_SPAN_MS_MIN = 250;

function engineAt(
  seen: Seen | undefined,
  id: number,
): { finished: number; heardAtMs: number } | undefined {
  const engine = seen?.status.processes.find(({ role, engineId }) =>
    role === "engine" && engineId === id
  );
  if (seen === undefined || engine === undefined) return undefined;
  const { finished, silentMs } = engine;
  return { finished, heardAtMs: seen.atMs - silentMs };
}
