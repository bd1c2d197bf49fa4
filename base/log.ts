/**
 * Structured log lines: a level, an event in words, and fields.
 *
 * @module
 */

/** Levels, from chatty to grave. */
export type LogLevel = "debug" | "info" | "warn" | "error";

/** How lines are written: `text` for people, `json` for programs. */
export type LogFormat = "text" | "json";

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
  readonly format?: LogFormat;
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
        ? jsonLine(time, level, event, all)
        : textLine(time, level, event, all),
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

/** One event for people. */
function textLine(
  time: string,
  level: string,
  event: string,
  fields: LogFields,
): string {
  let text = `${time} ${level.padEnd(5)} ${event}`;
  for (const [name, value] of Object.entries(fields)) {
    if (value === undefined) continue;
    const said = plain(value);
    const isWord = typeof said === "string" && /^[\w./:@+-]+$/.test(said);
    text += ` ${name}=${isWord ? said : jsonText(said)}`;
  }
  return text;
}

/** One event for programs; no field takes the place of what each line has. */
function jsonLine(
  time: string,
  level: string,
  event: string,
  fields: LogFields,
): string {
  const line = new Map<string, unknown>([
    ["time", time],
    ["level", level],
    ["event", event],
  ]);
  for (const [name, value] of Object.entries(fields)) {
    line.set(line.has(name) ? `${name}_` : name, plain(value));
  }
  return jsonText(Object.fromEntries(line));
}

/** Errors have no fields of their own that say what went wrong. */
function plain(value: unknown): unknown {
  return value instanceof Error ? `${value.name}: ${value.message}` : value;
}

/** A log never fails: what JSON does not know is written as it looks. */
function jsonText(value: unknown): string {
  try {
    return JSON.stringify(
      value,
      (_name, inner: unknown) =>
        typeof inner === "bigint" ? String(inner) : plain(inner),
    ) ?? String(value);
  } catch {
    return JSON.stringify(String(value));
  }
}

/** A line of either form as people read it, and how grave it is. */
export interface ReadLine {
  /** The line. */
  readonly text: string;
  /** Its level; absent when it is not one of a log's lines. */
  readonly level: LogLevel | undefined;
  /** What it says as data; of a text, all of it is one event. */
  readonly fields: LogFields;
}

/** Reads a line that a logger wrote, or anybody else did. */
export function readLogLine(line: string): ReadLine {
  const fields = jsonFields(line);
  if (fields !== undefined) {
    const { time, level, event, ...rest } = fields;
    const text = textLine(String(time), String(level), String(event), rest);
    return { text, level: levelOf(String(level)), fields };
  }
  const [, time, word = "", event] =
    /^(\d{4}-\d\d-\d\dT[\d:.]+Z) (\w+) +(.*)$/.exec(line) ?? [];
  const level = levelOf(word);
  return level === undefined
    ? { text: line, level, fields: { event: line } }
    : { text: line, level, fields: { time, level, event } };
}

function levelOf(word: string): LogLevel | undefined {
  return word === "debug" || word === "info" || word === "warn" ||
      word === "error"
    ? word
    : undefined;
}

function jsonFields(line: string): Record<string, unknown> | undefined {
  if (!line.startsWith('{"time":')) return undefined;
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === "object" && value !== null && "event" in value
      ? { ...value }
      : undefined;
  } catch {
    // Half a line, or somebody else's.
    return undefined;
  }
}
