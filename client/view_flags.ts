/**
 * What a view adds to every call.
 *
 * @module
 */
import type { Captures } from "../functions/mod.ts";
import {
  TASK_TIMEOUT_MS_MAX,
  type TaskPermissions,
  type Work,
} from "../messages/mod.ts";
import { type PermissionOptions, readPermissions } from "./permissions.ts";

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
  /**
   * What each task may do, where that is less than its engine allows. Such a
   * task runs in a fresh process of its own, without the namespace.
   */
  readonly permissions?: PermissionOptions;
  /** Cancels what the view has submitted. */
  readonly signal?: AbortSignal;
}

const FLAG_NAMES: ReadonlySet<string> = new Set([
  "captures",
  "permissions",
  "signal",
  "timeoutMs",
]);

/**
 * The flags of a view after some were changed; `undefined` takes one away.
 *
 * @throws {TypeError} when a flag is not known, or `permissions` are none.
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
  const { captures, permissions, signal, timeoutMs } = {
    ...flags,
    ...changes,
  };
  if (permissions !== undefined) readPermissions(permissions);
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
    ...(permissions === undefined ? {} : { permissions }),
    ...(signal === undefined ? {} : { signal }),
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
  };
}

/**
 * What the tasks of a view may do, as it travels.
 *
 * @throws {TypeError} when the work is on the namespace of the engine, which
 * narrowed tasks do not have.
 */
export function taskPermissions(
  { permissions }: ViewFlags,
  kind: Work["kind"],
): TaskPermissions | undefined {
  if (permissions === undefined) return undefined;
  if (kind === "apply" || kind === "map" || kind === "execute") {
    return readPermissions(permissions);
  }
  throw new TypeError(
    `Cannot narrow ${kind}: a narrowed task has no part in the namespace; use a view without permissions`,
  );
}
