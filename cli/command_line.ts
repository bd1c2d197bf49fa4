/**
 * A command line: finds the subcommand, and turns errors into one line and an
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
  example,
  inHouseStyle,
  type SubcommandTable,
} from "./command_context.ts";
import {
  checkSections,
  configurationPath,
  configure,
  configureFromEnvironment,
  readConfiguration,
  sectionOf,
} from "./configuration.ts";
import { EXIT, type ExitCode, exitCodeHelp, exitCodeOf } from "./exit_codes.ts";
import type { Terminal } from "./terminal.ts";

/**
 * Runs a command line; gives the exit code and never rejects.
 *
 * @param args What follows the program's name.
 */
export async function runCommandLine(
  args: readonly string[],
  subcommands: SubcommandTable,
  terminal: Terminal,
): Promise<ExitCode> {
  try {
    return await run(args, subcommands, terminal);
  } catch (thrown) {
    if (thrown instanceof CommanderError) {
      if (thrown.exitCode === 0) return EXIT.ok;
      if (thrown.code === "commander.help") return EXIT.usage;
      const line = usageLine(thrown.message, args, subcommands.names);
      terminal.error(`ippd: ${line}`);
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
  subcommands: SubcommandTable,
  terminal: Terminal,
): Promise<ExitCode> {
  let exitCode: ExitCode = EXIT.ok;
  const context = {
    terminal,
    subcommands,
    finish: (code: ExitCode) => void (exitCode = code),
  };
  const program = inHouseStyle(new Command("ippd"), terminal)
    .description("interactive parallel computing for TypeScript")
    .version(config.version, "-V, --version", "print the version")
    .usage("<subcommand> [options]")
    .addHelpText("after", `\n${exitCodeHelp()}`)
    .addHelpText("after", example("ippd controller", "ippd status"));
  const chosen = args.filter((word) => !word.startsWith("-")).slice(0, 2);
  for (const name of subcommands.names) {
    const command = inHouseStyle(program.command(name), terminal)
      .summary(subcommands.summary(name));
    const isWanted = chosen[0] === name ||
      (chosen[0] === "help" && chosen[1] === name);
    if (!isWanted) continue;
    (await subcommands.load(name))(command, context);
    // What shows and mends the configuration must not fail because of it.
    if (name !== "config") applyConfiguration(command, args, subcommands.names);
  }
  await program.parseAsync([...args], { from: "user" });
  return exitCode;
}

/** Gives options their values from the environment and from `ippd.json`. */
function applyConfiguration(
  command: Command,
  args: readonly string[],
  names: readonly string[],
): void {
  const path = [command.name()];
  const file = configurationPath(profileIn(args));
  const configuration = readConfiguration(file);
  checkSections(configuration, names, file);
  configure(command, path, sectionOf(configuration, command.name()), file);
  configureFromEnvironment(command, path, (name) => Deno.env.get(name));
}

/** The profile that the words name, the last one if there are several. */
function profileIn(args: readonly string[]): string | undefined {
  const end = args.indexOf("--");
  const words = end < 0 ? args : args.slice(0, end);
  const at = words.findLastIndex((word) =>
    word === "--profile" || word.startsWith("--profile=")
  );
  const [, joined] = words[at]?.split(/=(.*)/s) ?? [];
  return joined ?? (at < 0 ? undefined : words[at + 1]);
}

/** What commander complains of, and where to look. */
function usageLine(
  complaint: string,
  args: readonly string[],
  names: readonly string[],
): string {
  const what = oneLine(complaint).replace(/^error: /, "").replace(/\.$/, "");
  const name = args.find((word) => names.includes(word));
  const help = name === undefined ? "ippd --help" : `ippd ${name} --help`;
  return `Cannot read the command line: ${what}; see ${help}`;
}

function oneLine(text: string): string {
  return text.split("\n").map((line) => line.trim()).filter(Boolean).join(" ");
}
