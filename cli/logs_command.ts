/**
 * `ippd logs`: what the processes of a profile said.
 *
 * @module
 */
import type { Command } from "commander";
import { join } from "node:path";
import { readLogLine } from "../base/mod.ts";
import { profileFolder } from "../client/profile/mod.ts";
import { type CommandContext, example } from "./command_context.ts";
import { CliError, EXIT, type ExitCode } from "./exit_codes.ts";
import { LogFollower } from "./log_follower.ts";
import { outputOption, plainName, wholeNumber } from "./option_values.ts";
import { StopSource } from "./stop_source.ts";
import type { Style } from "./style.ts";
import type { Terminal } from "./terminal.ts";

interface LogsFlags {
  readonly follow?: true;
  readonly profile?: string;
  readonly lines: number;
  readonly output: "text" | "json";
}

/** Lines of each file that are shown at first unless told otherwise. */
const LINES_DEFAULT = 20;
/** Most lines that can be asked for. */
const LINES_MAX = 100_000;
/** How often the files are looked at. */
const POLL_MS = 250;

/** Defines `ippd logs`. */
export function defineLogs(
  command: Command,
  { terminal, finish }: CommandContext,
): void {
  command.description(
    "Show the log files of a profile, each line with the process that wrote it.",
  )
    .argument("[process]", "part of a file's name, such as engine-4711")
    .option("-f, --follow", "go on as more is written")
    .option(
      "--lines <n>",
      "lines of each file to begin with",
      wholeNumber(0, LINES_MAX),
      LINES_DEFAULT,
    )
    .option("--profile <name>", "profile whose files are shown", plainName)
    .addOption(outputOption())
    .addHelpText("after", example("ippd logs -f engine"))
    .action(async (process: string | undefined, flags: LogsFlags) =>
      finish(await showLogs(process ?? "", flags, terminal))
    );
}

async function showLogs(
  wanted: string,
  flags: LogsFlags,
  terminal: Terminal,
): Promise<ExitCode> {
  const folder = join(profileFolder(flags.profile), "log");
  const follower = new LogFollower({
    folder,
    wanted,
    lines: flags.lines,
    write: (name, line) =>
      terminal.out(
        flags.output === "json"
          ? `${
            JSON.stringify({ process: name, ...readLogLine(line).fields })
          }\n`
          : lineText(name, line, terminal.style),
      ),
  });
  const found = await follower.poll();
  if (flags.follow !== true) {
    if (found > 0) return EXIT.ok;
    throw new CliError(
      EXIT.failure,
      `Cannot show logs: ${folder} has no file${
        wanted === "" ? "" : ` with ${wanted} in its name`
      }; processes without anything to say leave none`,
    );
  }
  using stop = new StopSource(terminal);
  while (!await stop.within(POLL_MS)) await follower.poll();
  return EXIT.ok;
}

/** A line for people, whichever form its process writes. */
export function lineText(name: string, line: string, style: Style): string {
  const { text, level } = readLogLine(line);
  const paint = level === "error"
    ? style.bad
    : level === "warn"
    ? style.warning
    : level === "debug"
    ? style.faint
    : (plain: string) => plain;
  return `${style.faint(`[${name}]`)} ${paint(text)}\n`;
}
