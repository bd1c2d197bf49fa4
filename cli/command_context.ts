/**
 * What a subcommand's file gives, and what it gets.
 *
 * @module
 */
import type { Command } from "commander";
import type { ExitCode } from "./exit_codes.ts";
import type { Terminal } from "./terminal.ts";

/** What a subcommand gets. */
export interface CommandContext {
  /** Where it reads and writes. */
  readonly terminal: Terminal;
  /** Takes the exit code when the subcommand has done its work. */
  finish(code: ExitCode): void;
}

/** Gives a subcommand its flags, its example and what it does. */
export type DefineCommand = (
  command: Command,
  context: CommandContext,
) => void;

/** The help text that ends each subcommand's help. */
export function example(...lines: readonly string[]): string {
  return ["", "Example:", ...lines.map((line) => `  ${line}`)].join("\n");
}

/** Gives a command what every command has. */
export function inHouseStyle(command: Command, terminal: Terminal): Command {
  return command
    .option("--debug", "print stack traces")
    .helpOption("-h, --help", "print this help")
    .exitOverride()
    .configureOutput({
      writeOut: (text) => terminal.out(text),
      writeErr: (text) => terminal.error(text.trimEnd()),
      // The line that ends the program is written once, in our own form.
      outputError: () => {},
    });
}
