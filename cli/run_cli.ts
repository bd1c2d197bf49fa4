/**
 * The program with all of its subcommands.
 *
 * @module
 */
import { runCommandLine } from "./command_line.ts";
import type { ExitCode } from "./exit_codes.ts";
import { subcommands } from "./subcommands.ts";
import { systemTerminal, type Terminal } from "./terminal.ts";

/**
 * Runs a command line; gives the exit code and never rejects.
 *
 * @param args What follows the program's name.
 */
export function runCli(
  args: readonly string[],
  terminal: Terminal = systemTerminal,
): Promise<ExitCode> {
  return runCommandLine(args, subcommands, terminal);
}
