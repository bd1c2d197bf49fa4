/**
 * What a subcommand's file gives, and what it gets.
 *
 * @module
 */
import type { Command, Option } from "commander";
import type { ExitCode } from "./exit_codes.ts";
import type { Terminal } from "./terminal.ts";

/** All subcommands, for those that tell about the others. */
export interface SubcommandTable {
  /** Their names, in the order of the help. */
  readonly names: readonly string[];
  /** What one does, in a line. */
  summary(name: string): string;
  /** Loads what defines one. */
  load(name: string): Promise<DefineCommand>;
}

/** What a subcommand gets. */
export interface CommandContext {
  /** All subcommands. */
  readonly subcommands: SubcommandTable;
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
    .configureHelp({ optionDescription: describeOption })
    .configureOutput({
      writeOut: (text) => terminal.out(text),
      writeErr: (text) => terminal.error(text.trimEnd()),
      // The line that ends the program is written once, in our own form.
      outputError: () => {},
    });
}

/** An option's help: choices and default, without its variable's long name. */
function describeOption(option: Option): string {
  const { description, argChoices, defaultValue, defaultValueDescription } =
    option;
  const extras: string[] = [];
  if (argChoices !== undefined) {
    extras.push(`choices: ${argChoices.map(quoted).join(", ")}`);
  }
  const isShown = defaultValue !== undefined && option.isBoolean() === false;
  if (isShown) {
    extras.push(`default: ${defaultValueDescription ?? quoted(defaultValue)}`);
  }
  return extras.length === 0
    ? description
    : `${description} (${extras.join(", ")})`;
}

function quoted(value: unknown): string {
  return JSON.stringify(value);
}
