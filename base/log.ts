/**
 * Structured log lines: a level, an event in words, and fields.
 *
 * @module
 */

/** Levels, from chatty to grave. */
export type LogLevel = "debug" | "info" | "warn" | "error";

/** Named values of a log line. */
export type LogFields = Readonly<Record<string, unknown>>;

/** Where components say what happened. */
export interface Logger {
  /** Says what only a developer wants to know. */
  debug(event: string, fields?: LogFields): void;
  /** Says what an operator may want to know. */
  info(event: string, fields?: LogFields): void;
  /** Says what went wrong and was dealt with. */
  warn(event: string, fields?: LogFields): void;
  /** Says what went wrong and was not. */
  error(event: string, fields?: LogFields): void;
  /** A logger that adds these fields to every line. */
  with(fields: LogFields): Logger;
}

const RANK: { readonly [L in LogLevel]: number } = {
  debug: 0,
  info: 1,
  warn: 2,
  error: 3,
};

/** Options of {@linkcode createLogger}. */
export interface LoggerOptions {
  /** Takes one finished line, without its line end. */
  readonly write: (line: string) => void;
  /** The least grave level that is written. @default "info" */
  readonly level?: LogLevel;
  /** `text` for people, `json` for programs. @default "text" */
  readonly format?: "text" | "json";
  /** Wall-clock milliseconds since the Unix epoch. */
  readonly now: () => number;
}

/** Makes a logger that writes one line per event. */
export function createLogger(options: LoggerOptions): Logger {
  return loggerWith(options, RANK[options.level ?? "info"], {});
}

/** A logger that says nothing. */
export const silentLogger: Logger = {
  debug() {},
  info() {},
  warn() {},
  error() {},
  with: () => silentLogger,
};

function loggerWith(
  options: LoggerOptions,
  rank: number,
  base: LogFields,
): Logger {
  const say = (level: LogLevel, event: string, fields?: LogFields): void => {
    if (RANK[level] < rank) return;
    const all = { ...base, ...fields };
    const time = new Date(options.now()).toISOString();
    options.write(
      options.format === "json"
        ? JSON.stringify({ time, level, event, ...all })
        : `${time} ${level.padEnd(5)} ${event}${fieldText(all)}`,
    );
  };
  return {
    debug: (event, fields) => say("debug", event, fields),
    info: (event, fields) => say("info", event, fields),
    warn: (event, fields) => say("warn", event, fields),
    error: (event, fields) => say("error", event, fields),
    with: (fields) => loggerWith(options, rank, { ...base, ...fields }),
  };
}

function fieldText(fields: LogFields): string {
  let text = "";
  for (const [name, value] of Object.entries(fields)) {
    if (value === undefined) continue;
    const shown = typeof value === "string"
      ? (/^[\w./:@+-]+$/.test(value) ? value : JSON.stringify(value))
      : value instanceof Error
      ? JSON.stringify(`${value.name}: ${value.message}`)
      : JSON.stringify(value);
    text += ` ${name}=${shown}`;
  }
  return text;
}
