/**
 * What a view adds to every call.
 *
 * @module
 */
import type { Captures } from "../functions/mod.ts";
import { TASK_TIMEOUT_MS_MAX } from "../messages/mod.ts";

/** Flags of a view; `with` gives a view with other ones. */
export interface ViewFlags {
  /**
   * What functions see of their surroundings and take along: values and
   * functions, by the name they use.
   */
  readonly captures?: Captures;
  /**
   * How long each task may run, in milliseconds, once it has started; then it
   * is stopped, and ends with a `TimeoutError`. Absent, as long as it takes.
   */
  readonly timeoutMs?: number;
  /** Cancels what the view has submitted. */
  readonly signal?: AbortSignal;
}

const FLAG_NAMES: ReadonlySet<string> = new Set([
  "captures",
  "signal",
  "timeoutMs",
]);

/**
 * The flags of a view after some were changed; `undefined` takes one away.
 *
 * @throws {TypeError} when a flag is not known.
 * @throws {RangeError} when `timeoutMs` is not a positive number.
 */
export function mergeFlags(
  flags: ViewFlags,
  changes: { readonly [K in keyof ViewFlags]: ViewFlags[K] | undefined },
): ViewFlags {
  for (const name of Object.keys(changes)) {
    if (FLAG_NAMES.has(name)) continue;
    throw new TypeError(
      `Cannot set flag ${name}: the flags of a view are ${
        [...FLAG_NAMES].join(", ")
      }`,
    );
  }
  const { captures, signal, timeoutMs } = { ...flags, ...changes };
  if (
    timeoutMs !== undefined &&
    !(timeoutMs > 0 && timeoutMs <= TASK_TIMEOUT_MS_MAX)
  ) {
    throw new RangeError(
      `Cannot set timeoutMs to ${timeoutMs}: it must be from 0 to ${TASK_TIMEOUT_MS_MAX}, and not 0`,
    );
  }
  return {
    ...(captures === undefined ? {} : { captures }),
    ...(signal === undefined ? {} : { signal }),
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
  };
}
