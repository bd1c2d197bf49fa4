/**
 * Options from a file: `ippd.json` in the profile's folder holds values for
 * the options of each subcommand, below the environment and the flags.
 *
 * @module
 */
import type { Command, Option } from "commander";
import { join } from "node:path";
import { DEFAULT_PROFILE, profileFolder } from "../client/profile/mod.ts";
import { CliError, EXIT } from "./exit_codes.ts";
import { closestWord } from "./closest_word.ts";

/** A file with more is not a configuration. */
export const CONFIGURATION_BYTES_MAX: number = 1 << 20;

/** The name of the file in the profile's folder. */
export const CONFIGURATION_FILE = "ippd.json";

/** What a configuration file may hold: more of itself by name, or a value. */
export interface Configuration {
  readonly [name: string]: unknown;
}

/** Options that say where to look, or concern one line only. */
const UNCONFIGURED: ReadonlySet<string> = new Set([
  "announce",
  "debug",
  "help",
  "launch",
  "output",
  "profile",
]);

/** The options of a command that can be configured. */
export function configurable(command: Command): readonly Option[] {
  return command.options.filter((option) =>
    !UNCONFIGURED.has(option.attributeName())
  );
}

/** The environment variable of an option, such as `IPPD_CONTROLLER_PORT`. */
export function variableOf(path: readonly string[], option: Option): string {
  const words = [...path, option.name()];
  return `IPPD_${words.join("_").replaceAll("-", "_").toUpperCase()}`;
}

/** The path of a profile's configuration file. */
export function configurationPath(profile: string = DEFAULT_PROFILE): string {
  return join(profileFolder(profile), CONFIGURATION_FILE);
}

/**
 * Reads a configuration; an absent file is an empty one.
 *
 * @throws {CliError} when it cannot be read, or is not a JSON object.
 */
export function readConfiguration(path: string): Configuration {
  let text: string;
  try {
    const { size } = Deno.statSync(path);
    if (size > CONFIGURATION_BYTES_MAX) {
      throw wrong(
        path,
        `it has ${size} bytes, at most ${CONFIGURATION_BYTES_MAX}`,
      );
    }
    text = Deno.readTextFileSync(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return {};
    if (error instanceof CliError) throw error;
    throw wrong(path, "it cannot be read", error);
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw wrong(path, `it is not JSON (${String(cause)})`, cause);
  }
  if (isSection(value)) return value;
  throw wrong(
    path,
    "it is not a JSON object with a section for each subcommand",
  );
}

/**
 * Gives a command and those below it their values from a configuration; the
 * environment and the flags go before them.
 *
 * @param path The names of the command, without the program's.
 * @throws {CliError} when a name is not known or a value does not fit.
 */
export function configure(
  command: Command,
  path: readonly string[],
  section: Configuration,
  file: string,
): void {
  const options = configurable(command);
  const names = new Map(options.map((o) => [o.attributeName(), o]));
  const commands = new Map(command.commands.map((c) => [c.name(), c]));
  for (const [name, value] of Object.entries(section)) {
    const option = names.get(name);
    const below = commands.get(name);
    if (option !== undefined) {
      setOption(command, option, value, {
        source: "config",
        place: [...path, name].join("."),
        wrong: (what, cause) => wrong(file, what, cause),
      });
    } else if (below !== undefined && isSection(value)) {
      configure(below, [...path, name], value, file);
    } else {throw unknown(file, [...path, name], [
        ...names.keys(),
        ...commands.keys(),
      ]);}
  }
}

/**
 * Gives a command and those below it their values from the environment; flags
 * go before them.
 *
 * @param path The names of the command, without the program's.
 * @throws {CliError} when a value does not fit.
 */
export function configureFromEnvironment(
  command: Command,
  path: readonly string[],
  read: (variable: string) => string | undefined,
): void {
  for (const option of configurable(command)) {
    const variable = variableOf(path, option);
    const text = read(variable);
    if (text === undefined) continue;
    const value = option.isBoolean() ? readFlag(text) : text;
    setOption(command, option, value, {
      source: "env",
      place: variable,
      wrong: (what, cause) =>
        new CliError(EXIT.usage, `Cannot use the environment: ${what}`, {
          cause,
        }),
    });
  }
  for (const below of command.commands) {
    configureFromEnvironment(below, [...path, below.name()], read);
  }
}

function readFlag(text: string): boolean | string {
  if (/^(1|true|yes|on)$/i.test(text)) return true;
  return /^(0|false|no|off)?$/i.test(text) ? false : text;
}

/**
 * Refuses sections for subcommands that do not exist.
 *
 * @throws {CliError} with a suggestion.
 */
export function checkSections(
  configuration: Configuration,
  subcommands: readonly string[],
  file: string,
): void {
  for (const [name, section] of Object.entries(configuration)) {
    // Editors find the schema by this name.
    if (name === "$schema") continue;
    if (!subcommands.includes(name)) throw unknown(file, [name], subcommands);
    if (!isSection(section)) {
      throw wrong(
        file,
        `${name} is not an object with options of that subcommand`,
      );
    }
  }
}

/** The section of a subcommand; empty where there is none. */
export function sectionOf(
  configuration: Configuration,
  name: string,
): Configuration {
  const section = configuration[name];
  return isSection(section) ? section : {};
}

/** Where a value comes from, and how to say that it does not fit. */
interface ValueOrigin {
  readonly source: "config" | "env";
  readonly place: string;
  readonly wrong: (what: string, cause: unknown) => CliError;
}

function setOption(
  command: Command,
  option: Option,
  value: unknown,
  { source, place, wrong }: ValueOrigin,
): void {
  let parsed: unknown;
  try {
    for (const text of textsOf(option, value)) {
      const { parseArg } = option;
      parsed = parseArg === undefined
        ? text
        : parseArg(`${text}`, (parsed ?? option.defaultValue) as never);
    }
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw wrong(`${place}: ${reason.replace(/\.$/, "")}`, cause);
  }
  command.setOptionValueWithSource(option.attributeName(), parsed, source);
}

/** What the option would be given on the command line. */
function textsOf(option: Option, value: unknown): (string | boolean)[] {
  const isFlag = option.isBoolean();
  if (isFlag) {
    if (typeof value === "boolean") return [value];
    throw new TypeError("It must be true or false");
  }
  if (typeof value === "string" || typeof value === "number") {
    return [String(value)];
  }
  if (Array.isArray(value) && value.every((item) => typeof item === "string")) {
    return value;
  }
  if (isSection(value)) {
    return Object.entries(value).map(([key, item]) => `${key}=${String(item)}`);
  }
  if (option.optional && typeof value === "boolean") return [value];
  throw new TypeError("It must be a text, a number or a list of texts");
}

function isSection(value: unknown): value is Configuration {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function unknown(
  file: string,
  path: readonly string[],
  known: readonly string[],
): CliError {
  const name = path.at(-1) ?? "";
  const closest = closestWord(name, known);
  const hint = closest === undefined
    ? `; known are ${[...known].sort().join(", ")}`
    : `; did you mean ${closest}?`;
  return wrong(file, `${path.join(".")} is not known${hint}`);
}

function wrong(file: string, what: string, cause?: unknown): CliError {
  return new CliError(
    EXIT.usage,
    `Cannot use the configuration ${file}: ${what}`,
    { cause },
  );
}
