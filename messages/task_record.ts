/**
 * Task records: what a cluster remembers of each task, for people, queries
 * and other clients.
 *
 * @module
 */
import {
  count,
  countList,
  type Fields,
  finite,
  flag,
  isFields,
  text,
  TEXT_LENGTH_MAX,
  textList,
} from "./fields.ts";
import type { TaskStatus } from "./task.ts";

/** Where a recorded task is: not yet ended, or how it ended. */
export type RecordStatus = "queued" | "running" | TaskStatus;

/**
 * Whether bytes that belong to a task were kept, and if not, why: there are
 * `none`, they are `too large`, they need the values of other tasks
 * (`inputs`) or fewer permissions (`narrowed`), or there was `no room` at
 * the time.
 */
export type Kept =
  | "kept"
  | "none"
  | "too large"
  | "inputs"
  | "narrowed"
  | "no room";

/** Every word for what became of such bytes. */
export const KEPT_WORDS: readonly Kept[] = [
  "kept",
  "none",
  "too large",
  "inputs",
  "narrowed",
  "no room",
];

/** Name and message of the error that ended a task. */
export interface RecordedError {
  /** The error's name. */
  readonly name: string;
  /** The error's message, as far as it is kept. */
  readonly message: string;
}

/** What is remembered of one task. */
export interface TaskRecord {
  /** The task's id. */
  readonly id: string;
  /** Routing id of the client that submitted it. */
  readonly client: string;
  /** Name of that client's key; empty where it has none. */
  readonly owner: string;
  /** What its client calls it. */
  readonly label?: string | undefined;
  /** Words to find it by. */
  readonly tags: readonly string[];
  /** Sent to one named engine, or to any. */
  readonly mode: "direct" | "balanced";
  /** What kind of work it is, such as `apply` or `execute`. */
  readonly kind: string;
  /** Name of the function or of the cell, where it has one. */
  readonly function?: string | undefined;
  /** The engines that may run it; empty means any. */
  readonly targets: readonly number[];
  /** Where it is, or how it ended. */
  readonly status: RecordStatus;
  /** The engine that runs or ran it. */
  readonly engineId?: number | undefined;
  /** Name of that engine's host. */
  readonly engineHost?: string | undefined;
  /** When it was submitted, in milliseconds since the Unix epoch. */
  readonly submittedMs: number;
  /** When it was given to its engine, and once it has ended, when it began. */
  readonly startedMs?: number | undefined;
  /** When its code ended on the engine. */
  readonly completedMs?: number | undefined;
  /** When its outcome reached the scheduler. */
  readonly receivedMs?: number | undefined;
  /** How many times it was given to an engine. */
  readonly attempts: number;
  /** Whether it goes on without its client. */
  readonly detached: boolean;
  /** Why it ended, where that is neither a value nor an error. */
  readonly reason?: string | undefined;
  /** The error of its code, where it threw one that was kept. */
  readonly error?: RecordedError | undefined;
  /** The end of what it wrote to standard output. */
  readonly stdout: string;
  /** The end of what it wrote to standard error. */
  readonly stderr: string;
  /** UTF-16 units of output that are not kept here. */
  readonly outputDropped: number;
  /** Bytes of its arguments. */
  readonly requestBytes: number;
  /** Bytes of its value or error. */
  readonly resultBytes: number;
  /** Whether its request was kept, so that it can be submitted again. */
  readonly requestKept: Kept;
  /** Whether its value or error was kept. */
  readonly resultKept: Kept;
}

/** A record of which only some fields were asked for. */
export type TaskRecordPart = Partial<TaskRecord> & Pick<TaskRecord, "id">;

/** The types of recorded fields. */
export type RecordFieldType = "text" | "number" | "flag" | "texts" | "numbers";

/** The fields of a record by the names that queries use, with their types. */
export const RECORD_FIELDS: ReadonlyMap<string, RecordFieldType> = new Map<
  string,
  RecordFieldType
>([
  ["id", "text"],
  ["client", "text"],
  ["owner", "text"],
  ["label", "text"],
  ["tags", "texts"],
  ["mode", "text"],
  ["kind", "text"],
  ["function", "text"],
  ["targets", "numbers"],
  ["status", "text"],
  ["engineId", "number"],
  ["engineHost", "text"],
  ["submittedMs", "number"],
  ["startedMs", "number"],
  ["completedMs", "number"],
  ["receivedMs", "number"],
  ["attempts", "number"],
  ["detached", "flag"],
  ["reason", "text"],
  ["error.name", "text"],
  ["error.message", "text"],
  ["stdout", "text"],
  ["stderr", "text"],
  ["outputDropped", "number"],
  ["requestBytes", "number"],
  ["resultBytes", "number"],
  ["requestKept", "text"],
  ["resultKept", "text"],
]);

/** Whether a status is one of a task that has not ended. */
export function isPending(status: string): boolean {
  return status === "queued" || status === "running";
}

/** One value of a record's field. */
export type RecordValue =
  | string
  | number
  | boolean
  | readonly string[]
  | readonly number[]
  | undefined;

/** Puts a record, or a part of one, together from its fields. */
export function recordFrom(
  value: (name: string) => RecordValue,
  names: Iterable<string> = RECORD_FIELDS.keys(),
): TaskRecordPart {
  const record: Record<string, unknown> = {};
  for (const name of names) {
    const found = value(name);
    if (found === undefined) continue;
    const dot = name.indexOf(".");
    if (dot === -1) {
      record[name] = found;
      continue;
    }
    const outer = name.slice(0, dot);
    const inner = record[outer];
    record[outer] = {
      ...(isFields(inner) ? inner : {}),
      [name.slice(dot + 1)]: found,
    };
  }
  // Field by field, each from a reader that knows its type.
  return record as unknown as TaskRecordPart;
}

function readValue(
  fields: Fields,
  name: string,
  type: RecordFieldType,
): RecordValue {
  if (fields[name] === undefined) return undefined;
  switch (type) {
    case "text":
      return text(fields, name, TEXT_LENGTH_MAX);
    case "number":
      return finite(fields, name);
    case "flag":
      return flag(fields, name);
    case "texts":
      return textList(fields, name);
    case "numbers":
      return countList(fields, name);
  }
}

/** Reads a record, or a part of one, from a message. */
export function readRecord(fields: Fields): TaskRecordPart {
  text(fields, "id");
  return recordFrom((name) => {
    const dot = name.indexOf(".");
    const type = RECORD_FIELDS.get(name) ?? "text";
    if (dot === -1) return readValue(fields, name, type);
    const inner = fields[name.slice(0, dot)];
    if (!isFields(inner)) return undefined;
    return readValue(inner, name.slice(dot + 1), type);
  });
}

/** How many tasks an engine has. */
export interface EngineQueue {
  /** The engine's number. */
  readonly engineId: number;
  /** Tasks that wait for this engine and no other. */
  readonly queued: number;
  /** Tasks that were given to it and have not ended. */
  readonly running: number;
  /** Tasks that it has finished. */
  readonly finished: number;
}

/** Reads how many tasks an engine has. */
export function readEngineQueue(fields: Fields): EngineQueue {
  return {
    engineId: count(fields, "engineId"),
    queued: count(fields, "queued"),
    running: count(fields, "running"),
    finished: count(fields, "finished"),
  };
}
