/**
 * Checks of what callers give to views, by name.
 *
 * @module
 */
import {
  PRIORITY_MAX,
  RETRIES_MAX,
  RETRY_CAUSES,
  type RetryCause,
  type RetryTerms,
  TASK_TIMEOUT_MS_MAX,
} from "../messages/mod.ts";

/** Longest label, tag, or name of a resource, in UTF-16 units. */
export const WORD_LENGTH_MAX = 256;
/** Most tags of one task. */
export const TAGS_MAX = 64;

/** How often a task that failed runs again. */
export interface RetryOptions {
  /** Most runs after the first. */
  readonly max: number;
  /** Which failures count. @default "any" */
  readonly on?: RetryCause;
  /**
   * Milliseconds before the first retry; each further one waits twice as
   * long. @default 0
   */
  readonly backoffMs?: number;
}

/** Checks a time limit in milliseconds. */
export function checkTime(name: string, timeMs: number): number {
  if (timeMs > 0 && timeMs <= TASK_TIMEOUT_MS_MAX) return timeMs;
  throw new RangeError(
    `Cannot set ${name} to ${timeMs}: it must be from 0 to ${TASK_TIMEOUT_MS_MAX}, and not 0`,
  );
}

/** Checks how long somebody waits, in milliseconds; 0 only looks. */
export function checkWait(name: string, timeMs: number): number {
  return timeMs === 0 ? timeMs : checkTime(name, timeMs);
}

/** Checks a whole number from 1. */
export function checkPositive(name: string, value: number): number {
  if (Number.isSafeInteger(value) && value > 0) return value;
  throw new RangeError(
    `Cannot use ${name} ${value}: it must be a positive whole number`,
  );
}

/** Checks a label or tag. */
export function checkWord(name: string, word: unknown): string {
  if (
    typeof word === "string" && word !== "" && word.length <= WORD_LENGTH_MAX
  ) return word;
  throw new TypeError(
    `Cannot set ${name} to ${
      JSON.stringify(word)
    }: it must be a text of 1 to ${WORD_LENGTH_MAX} characters`,
  );
}

/** Checks a list of tags. */
export function checkTags(tags: readonly string[]): readonly string[] {
  if (!Array.isArray(tags) || tags.length > TAGS_MAX) {
    throw new TypeError(
      `Cannot set tags: they must be a list of at most ${TAGS_MAX} texts`,
    );
  }
  return tags.map((tag) => checkWord("tags", tag));
}

/** Checks a priority. */
export function checkPriority(priority: number): number {
  if (Number.isInteger(priority) && Math.abs(priority) <= PRIORITY_MAX) {
    return priority;
  }
  throw new RangeError(
    `Cannot set priority to ${priority}: it must be a whole number from -${PRIORITY_MAX} to ${PRIORITY_MAX}`,
  );
}

/** Checks retries, and fills in what was left out. */
export function checkRetries(retries: number | RetryOptions): RetryTerms {
  const { max, on = "any", backoffMs = 0 } = typeof retries === "number"
    ? { max: retries }
    : retries;
  if (!Number.isInteger(max) || max < 0 || max > RETRIES_MAX) {
    throw new RangeError(
      `Cannot set retries to ${max}: it must be a whole number from 0 to ${RETRIES_MAX}`,
    );
  }
  if (!RETRY_CAUSES.includes(on)) {
    throw new TypeError(
      `Cannot retry on ${on}: it must be ${RETRY_CAUSES.join(", ")}`,
    );
  }
  return { max, on, backoffMs: checkWait("retries.backoffMs", backoffMs) };
}

/** Checks amounts of resources. */
export function checkResources(
  resources: Readonly<Record<string, number>>,
): Readonly<Record<string, number>> {
  for (const [name, amount] of Object.entries(resources)) {
    checkWord("resources", name);
    if (Number.isFinite(amount) && amount >= 0) continue;
    throw new RangeError(
      `Cannot ask for ${amount} of resource ${name}: it must be a number from 0`,
    );
  }
  return { ...resources };
}

/** Checks labels that an engine must have. */
export function checkLabels(
  labels: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> {
  for (const [name, value] of Object.entries(labels)) {
    checkWord("labels", name);
    checkWord(`labels.${name}`, value);
  }
  return { ...labels };
}

/** Checks a list of buffers that are handed over. */
export function checkTransfer(
  transfer: readonly ArrayBuffer[],
): readonly ArrayBuffer[] {
  for (const buffer of transfer) {
    if (buffer instanceof ArrayBuffer) continue;
    throw new TypeError(
      "Cannot transfer: the list must hold ArrayBuffers; use array.buffer",
    );
  }
  return [...transfer];
}
