/**
 * The program: finds the subcommand, and turns errors into one line and an
 * exit code.
 *
 * @module
 */
// commander has no dependencies, brings its own types, suggests what was
// meant, and is maintained.
import { Command, CommanderError } from "commander";
import { toError } from "../base/mod.ts";
import config from "../deno.json" with { type: "json" };
import {
  type DefineCommand,
  example,
  inHouseStyle,
} from "./command_context.ts";
import { EXIT, type ExitCode, exitCodeHelp, exitCodeOf } from "./exit_codes.ts";
import { systemTerminal, type Terminal } from "./terminal.ts";

interface Subcommand {
  readonly summary: string;
  /** Loads the subcommand's code, so that the others' is not loaded. */
  readonly load: () => Promise<DefineCommand>;
}

const SUBCOMMANDS: ReadonlyMap<string, Subcommand> = new Map([
  ["controller", {
    summary: "run a hub and a scheduler",
    load: async () =>
      (await import("./controller_command.ts")).defineController,
  }],
  ["engine", {
    summary: "run an engine",
    load: async () => (await import("./engine_command.ts")).defineEngine,
  }],
  ["status", {
    summary: "show how a cluster is",
    load: async () => (await import("./status_command.ts")).defineStatus,
  }],
  ["keys", {
    summary: "make keys and show fingerprints",
    load: async () => (await import("./keys_command.ts")).defineKeys,
  }],
  ["hub", {
    summary: "run a hub alone",
    load: async () => (await import("./hub_command.ts")).defineHub,
  }],
  ["scheduler", {
    summary: "run a scheduler for a hub elsewhere",
    load: async () => (await import("./scheduler_command.ts")).defineScheduler,
  }],
]);

/**
 * Runs a command line; gives the exit code and never rejects.
 *
 * @param args What follows the program's name.
 */
export async function runCli(
  args: readonly string[],
  terminal: Terminal = systemTerminal,
): Promise<ExitCode> {
  try {
    return await run(args, terminal);
  } catch (thrown) {
    if (thrown instanceof CommanderError) {
      if (thrown.exitCode === 0) return EXIT.ok;
      if (thrown.code === "commander.help") return EXIT.usage;
      terminal.error(`ippd: ${usageLine(thrown.message, args)}`);
      return EXIT.usage;
    }
    const error = toError(thrown);
    terminal.error(`ippd: ${oneLine(error.message) || error.name}`);
    if (args.includes("--debug")) terminal.error(Deno.inspect(error));
    return exitCodeOf(error);
  }
}

async function run(
  args: readonly string[],
  terminal: Terminal,
): Promise<ExitCode> {
  let exitCode: ExitCode = EXIT.ok;
  const context = {
    terminal,
    finish: (code: ExitCode) => void (exitCode = code),
  };
  const program = inHouseStyle(new Command("ippd"), terminal)
    .description("interactive parallel computing for TypeScript")
    .version(config.version, "-V, --version", "print the version")
    .usage("<subcommand> [options]")
    .addHelpText("after", `\n${exitCodeHelp()}`)
    .addHelpText("after", example("ippd controller", "ippd status"));
  const chosen = args.filter((word) => !word.startsWith("-")).slice(0, 2);
  for (const [name, { summary, load }] of SUBCOMMANDS) {
    const command = inHouseStyle(program.command(name), terminal)
      .summary(summary);
    const isWanted = chosen[0] === name ||
      (chosen[0] === "help" && chosen[1] === name);
    if (isWanted) (await load())(command, context);
  }
  await program.parseAsync([...args], { from: "user" });
  return exitCode;
}

/** What commander complains of, and where to look. */
function usageLine(complaint: string, args: readonly string[]): string {
  const what = oneLine(complaint).replace(/^error: /, "").replace(/\.$/, "");
  const name = args.find((word) => SUBCOMMANDS.has(word));
  const help = name === undefined ? "ippd --help" : `ippd ${name} --help`;
  return `Cannot read the command line: ${what}; see ${help}`;
}

function oneLine(text: string): string {
  return text.split("\n").map((line) => line.trim()).filter(Boolean).join(" ");
}
