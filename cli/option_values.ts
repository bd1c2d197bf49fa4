/**
 * Values of options: from text to what they mean.
 *
 * @module
 */
import { type Command, InvalidArgumentError, Option } from "commander";
import {
  createLogger,
  type LogFormat,
  type Logger,
  type LogLevel,
} from "../base/mod.ts";
import { connectionFilePath } from "../client/profile/mod.ts";
import type { Terminal } from "./terminal.ts";

/** Reads a whole number within bounds. */
export function wholeNumber(
  min: number,
  max: number,
): (text: string) => number {
  return (text) => {
    const value = /^\d{1,15}$/.test(text) ? Number(text) : NaN;
    if (value >= min && value <= max) return value;
    throw new InvalidArgumentError(
      `It must be a whole number from ${min} to ${max}.`,
    );
  };
}

/** Reads a number of seconds; the value is in milliseconds. */
export function seconds(text: string): number {
  const value = /^\d{1,9}(\.\d{1,3})?$/.test(text) ? Number(text) : NaN;
  if (value > 0) return value * 1_000;
  throw new InvalidArgumentError("It must be a positive number of seconds.");
}

/** Labels of an engine. */
export type Labels = Readonly<Record<string, string>>;

/** Reads `name=value`, and adds it to those before. */
export function label(text: string, before: Labels = {}): Labels {
  const [, name, value] = /^([A-Za-z_][\w.-]{0,63})=(.{0,256})$/.exec(text) ??
    [];
  if (name === undefined || value === undefined) {
    throw new InvalidArgumentError("It must have the form name=value.");
  }
  return { ...before, [name]: value };
}

/** How much of each resource an engine has. */
export type Resources = Readonly<Record<string, number>>;

/** Reads `name=amount`, and adds it to those before. */
export function resource(text: string, before: Resources = {}): Resources {
  const [, name, amount] =
    /^([A-Za-z_][\w.-]{0,63})=(\d{1,12}(?:\.\d{1,6})?)$/.exec(text) ?? [];
  if (name === undefined || amount === undefined) {
    throw new InvalidArgumentError(
      "It must have the form name=amount, such as gpu=1.",
    );
  }
  return { ...before, [name]: Number(amount) };
}

/** Most tasks that an engine runs at once. */
const SLOTS_MAX = 4_096;

/** Reads a number of slots; `auto` is one for each core. */
export function slotCount(text: string): number {
  if (text === "auto") return navigator.hardwareConcurrency;
  return wholeNumber(1, SLOTS_MAX)(text);
}

/** Reads an IP address to listen on, or a host name that has one. */
export function hostName(text: string): string {
  if (/^[A-Za-z0-9.:%_-]{1,255}$/.test(text)) return text;
  throw new InvalidArgumentError("It must be an IP address or a host name.");
}

/** Reads the name of a profile or of a cluster. */
export function plainName(text: string): string {
  try {
    connectionFilePath({ clusterId: text, role: "client" });
    return text;
  } catch {
    throw new InvalidArgumentError(
      'It must be a word of letters, digits, ".", "_" and "-".',
    );
  }
}

const PORT_MAX = 65_535;

/** Reads a port; 0 is any that is free. */
export const portNumber: (text: string) => number = wholeNumber(0, PORT_MAX);

const LOG_LEVELS: readonly LogLevel[] = ["debug", "info", "warn", "error"];

/** Values of the options that every command with a log has. */
export interface LogFlags {
  /** What to say on standard error. */
  readonly logLevel: LogLevel;
  /** In which form. */
  readonly logFormat: LogFormat;
}

/** The options that every command with a log has. */
export function addLogFlags(command: Command): Command {
  return command
    .addOption(
      new Option("--log-level <level>", "what to say on standard error")
        .choices(LOG_LEVELS).default("info" satisfies LogLevel),
    )
    .addOption(
      new Option("--log-format <form>", "text for people, JSON for programs")
        .choices(["text", "json"]).default("text" satisfies LogFormat),
    );
}

/** The option of every command that lists something. */
export function outputOption(): Option {
  return new Option("-o, --output <form>", "form of what is printed")
    .choices(["text", "json"]).default("text");
}

/** A log on standard error. */
export function terminalLogger(
  terminal: Terminal,
  { logLevel: level, logFormat: format }: LogFlags,
): Logger {
  return createLogger({
    write: (line) => terminal.error(line),
    level,
    format,
    now: () => Date.now(),
  });
}
