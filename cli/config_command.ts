/**
 * `ippd config`: where the value of each option comes from.
 *
 * @module
 */
import { Command, type Option } from "commander";
import { DEFAULT_PROFILE } from "../client/profile/mod.ts";
import { type CommandContext, example } from "./command_context.ts";
import {
  checkSections,
  configurable,
  type Configuration,
  configurationPath,
  configure,
  readConfiguration,
  sectionOf,
  variableOf,
} from "./configuration.ts";
import { configurationSchema } from "./configuration_schema.ts";
import { EXIT } from "./exit_codes.ts";
import { outputOption, plainName } from "./option_values.ts";
import { formatTable } from "./table.ts";

/** Where a value comes from. */
export type ValueSource = "default" | "file" | "environment";

/** The value of one option. */
export interface ShownValue {
  /** The option, as it is called in the file: `controller.port`. */
  readonly name: string;
  /** The value; absent where nothing is set. */
  readonly value?: unknown;
  /** Where it comes from. */
  readonly source: ValueSource;
  /** The file or the variable; absent for a default. */
  readonly from?: string;
}

interface ShowFlags {
  readonly profile: string;
  readonly output: "text" | "json";
  readonly all?: true;
}

/** Defines `ippd config`. */
export function defineConfig(
  command: Command,
  context: CommandContext,
): void {
  const { terminal, finish } = context;
  command.description(
    "Show the configuration. Each option of each subcommand can be set in the file ippd.json of a profile, by an environment variable, and by its flag; the later of these goes before the earlier.",
  ).addHelpText("after", example("ippd config show"));
  command.command("show")
    .description("Show which values are set, and where each comes from.")
    .option(
      "--profile <name>",
      "profile of the file",
      plainName,
      DEFAULT_PROFILE,
    )
    .option("--all", "show defaults, too")
    .addOption(outputOption())
    .option("--debug", "print stack traces")
    .addHelpText("after", example("ippd config show --all"))
    .action(async (flags: ShowFlags) => {
      await show(flags, context);
      finish(EXIT.ok);
    });
  command.command("path")
    .description("Print where the file is, or would be.")
    .option(
      "--profile <name>",
      "profile of the file",
      plainName,
      DEFAULT_PROFILE,
    )
    .option("--debug", "print stack traces")
    .addHelpText("after", example("ippd config path"))
    .action(({ profile }: ShowFlags) => {
      terminal.out(`${configurationPath(profile)}\n`);
      finish(EXIT.ok);
    });
  command.command("schema")
    .description("Print the JSON schema of the file.")
    .option("--debug", "print stack traces")
    .addHelpText("after", example("ippd config schema > ippd.schema.json"))
    .action(async () => {
      const commands = await definedCommands(context);
      const schema = configurationSchema(commands);
      terminal.out(JSON.stringify(schema, undefined, 2) + "\n");
      finish(EXIT.ok);
    });
}

async function show(
  flags: ShowFlags,
  context: CommandContext,
): Promise<void> {
  const { terminal, subcommands } = context;
  const path = configurationPath(flags.profile);
  const configuration = readConfiguration(path);
  checkSections(configuration, subcommands.names, path);
  const commands = await definedCommands(context);
  const values = commands.flatMap((command) =>
    shownValues(command, configuration, path)
  ).filter(({ source }) => flags.all === true || source !== "default");
  terminal.out(
    flags.output === "json"
      ? JSON.stringify(values, undefined, 2) + "\n"
      : valuesText(values, path),
  );
}

/** Every subcommand with its options, as the program itself defines them. */
async function definedCommands(context: CommandContext): Promise<Command[]> {
  const commands: Command[] = [];
  for (const name of context.subcommands.names) {
    const command = new Command(name);
    (await context.subcommands.load(name))(command, context);
    commands.push(command);
  }
  return commands;
}

function shownValues(
  command: Command,
  configuration: Configuration,
  file: string,
): ShownValue[] {
  const path = [command.name()];
  configure(command, path, sectionOf(configuration, command.name()), file);
  return valuesOf(command, path, file);
}

function valuesOf(
  command: Command,
  path: readonly string[],
  file: string,
): ShownValue[] {
  const own = configurable(command).map((option): ShownValue => {
    const name = option.attributeName();
    const shown = { name: [...path, name].join(".") };
    const variable = variableOf(path, option);
    const text = Deno.env.get(variable);
    if (text !== undefined) {
      return { ...shown, value: text, source: "environment", from: variable };
    }
    if (command.getOptionValueSource(name) === "config") {
      const value: unknown = command.getOptionValue(name);
      return { ...shown, value, source: "file", from: file };
    }
    return { ...shown, ...defaultOf(option), source: "default" };
  });
  const below = command.commands.flatMap((inner) =>
    valuesOf(inner, [...path, inner.name()], file)
  );
  return [...own, ...below];
}

function defaultOf(option: Option): { value?: unknown } {
  const value: unknown = option.defaultValue;
  return value === undefined ? {} : { value };
}

function valuesText(values: readonly ShownValue[], path: string): string {
  if (values.length === 0) {
    return `Nothing is set: ${path} is absent or empty, and so is the environment\n`;
  }
  return formatTable(
    [{ heading: "OPTION" }, { heading: "VALUE" }, { heading: "FROM" }],
    values.map(({ name, value, from }) => [
      name,
      value === undefined ? "-" : textOf(value),
      from ?? "default",
    ]),
  );
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}
