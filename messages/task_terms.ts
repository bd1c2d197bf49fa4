/**
 * The terms on which a task is to run: when, where, and what happens when it
 * fails. Clients state them, the scheduler keeps them.
 *
 * @module
 */
import { ProtocolError } from "../base/mod.ts";
import {
  count,
  type Fields,
  finite,
  flag,
  map,
  optionalText,
  textList,
  textMap,
  word,
} from "./fields.ts";

/** Longest time limit of a task: timers know no longer one. */
export const TASK_TIMEOUT_MS_MAX: number = 2 ** 31 - 1;
/** Farthest that a priority may be from 0, which is the usual one. */
export const PRIORITY_MAX = 1_000_000;
/** Most retries of one task. */
export const RETRIES_MAX = 1_000_000;

/** What makes a task run again. */
export type RetryCause = "engine-lost" | "error" | "any";

/** Every cause of a retry. */
export const RETRY_CAUSES: readonly RetryCause[] = [
  "engine-lost",
  "error",
  "any",
];

/** How often a task that failed runs again. */
export interface RetryTerms {
  /** Most runs after the first. */
  readonly max: number;
  /** Which failures count. */
  readonly on: RetryCause;
  /**
   * Milliseconds before the first retry; each further one waits twice as
   * long.
   */
  readonly backoffMs: number;
}

/** Tasks that another waits for, or wants to be near to. */
export interface DependencyTerms {
  /** The tasks; all of the same client. */
  readonly ids: readonly string[];
  /** Whether all of them count, or one is enough. */
  readonly mode: "all" | "any";
  /** Whether tasks that ended well count. */
  readonly success: boolean;
  /** Whether tasks that ended badly count. */
  readonly failure: boolean;
}

/** The terms of a task; absent ones are the usual ones. */
export interface TaskTerms {
  /** Longest wait for an engine, in milliseconds. */
  readonly queueTimeoutMs?: number | undefined;
  /** Higher goes first. @default 0 */
  readonly priority?: number | undefined;
  /** How often it runs again. */
  readonly retries?: RetryTerms | undefined;
  /** How much of each named resource of an engine it occupies. */
  readonly resources?: Readonly<Record<string, number>> | undefined;
  /** Labels that its engine must have. */
  readonly labels?: Readonly<Record<string, string>> | undefined;
  /** Starts when these have ended. */
  readonly after?: DependencyTerms | undefined;
  /**
   * Starts when these have ended, on the engine where all of them ran; with
   * `any`, on one where one of them did.
   */
  readonly follow?: DependencyTerms | undefined;
  /**
   * Tasks whose values are arguments: it starts when they have ended well,
   * and their values travel behind its own payload.
   */
  readonly inputs?: readonly string[] | undefined;
  /** Whether its engine may refuse it before it starts, so that others try. */
  readonly conditional?: boolean | undefined;
  /** Whether the outcomes of a direct request arrive together. */
  readonly coalesced?: boolean | undefined;
  /** Whether it goes on when its client is gone, and its result is kept. */
  readonly detached?: boolean | undefined;
  /** What its owner calls it. */
  readonly label?: string | undefined;
  /** Words to find it by. */
  readonly tags?: readonly string[] | undefined;
}

function wrong(name: string, what: string): never {
  throw new ProtocolError(`Cannot read terms of task: ${name} is not ${what}`);
}

/** A time limit in milliseconds, where there is one. */
export function optionalTimeout(
  fields: Fields,
  name: string,
): number | undefined {
  if (fields[name] === undefined) return undefined;
  const timeoutMs = finite(fields, name);
  if (timeoutMs > 0 && timeoutMs <= TASK_TIMEOUT_MS_MAX) return timeoutMs;
  return wrong(name, `from 0 to ${TASK_TIMEOUT_MS_MAX}`);
}

function priority(fields: Fields): number | undefined {
  if (fields["priority"] === undefined) return undefined;
  const value = finite(fields, "priority");
  if (Number.isInteger(value) && Math.abs(value) <= PRIORITY_MAX) return value;
  return wrong("priority", `a whole number of at most ${PRIORITY_MAX}`);
}

function retries(fields: Fields): RetryTerms {
  const max = count(fields, "max");
  const backoffMs = finite(fields, "backoffMs");
  if (max > RETRIES_MAX) return wrong("max", `at most ${RETRIES_MAX}`);
  if (backoffMs < 0 || backoffMs > TASK_TIMEOUT_MS_MAX) {
    return wrong("backoffMs", `from 0 to ${TASK_TIMEOUT_MS_MAX}`);
  }
  return { max, on: word(fields, "on", RETRY_CAUSES), backoffMs };
}

function dependency(fields: Fields): DependencyTerms {
  return {
    ids: textList(fields, "ids"),
    mode: word(fields, "mode", ["all", "any"]),
    success: flag(fields, "success"),
    failure: flag(fields, "failure"),
  };
}

function amounts(fields: Fields): Readonly<Record<string, number>> {
  for (const name of Object.keys(fields)) {
    if (finite(fields, name) < 0) return wrong(name, "an amount from 0");
  }
  return fields as Readonly<Record<string, number>>;
}

function part<T>(
  fields: Fields,
  name: string,
  read: (part: Fields) => T,
): T | undefined {
  return fields[name] === undefined ? undefined : read(map(fields, name));
}

function list(fields: Fields, name: string): readonly string[] | undefined {
  return fields[name] === undefined ? undefined : textList(fields, name);
}

/**
 * Reads terms.
 *
 * @throws {ProtocolError} when one of them cannot be.
 */
export function taskTerms(fields: Fields): TaskTerms {
  return {
    queueTimeoutMs: optionalTimeout(fields, "queueTimeoutMs"),
    priority: priority(fields),
    retries: part(fields, "retries", retries),
    resources: part(fields, "resources", amounts),
    labels: fields["labels"] === undefined
      ? undefined
      : textMap(fields, "labels"),
    after: part(fields, "after", dependency),
    follow: part(fields, "follow", dependency),
    inputs: list(fields, "inputs"),
    conditional: fields["conditional"] === true ? true : undefined,
    coalesced: fields["coalesced"] === true ? true : undefined,
    detached: fields["detached"] === true ? true : undefined,
    label: optionalText(fields, "label"),
    tags: list(fields, "tags"),
  };
}

/** How much there is of each resource; none where nothing is said. */
export function resourceAmounts(
  fields: Fields,
  name: string,
): Readonly<Record<string, number>> {
  return fields[name] === undefined ? {} : amounts(map(fields, name));
}
