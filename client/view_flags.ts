/**
 * What a view adds to every call.
 *
 * @module
 */
import type { Captures } from "../functions/mod.ts";
import type { TaskPermissions, TaskTerms, Work } from "../messages/mod.ts";
import { Dependency, type DependencySource } from "./dependency.ts";
import {
  checkLabels,
  checkPriority,
  checkResources,
  checkRetries,
  checkTags,
  checkTime,
  checkTransfer,
  checkWord,
  type RetryOptions,
} from "./flag_checks.ts";
import { type PermissionOptions, readPermissions } from "./permissions.ts";

/** Flags of a view; `with` gives a view with other ones. */
export interface ViewFlags {
  /**
   * Other engines for the view: an id, a list of ids, or `"all"`, which
   * follows the cluster.
   */
  readonly targets?: number | readonly number[] | "all";
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
  /**
   * How long each task may wait for an engine, in milliseconds; then it ends
   * with a `TimeoutError` and has not run. Absent, as long as it takes.
   */
  readonly queueTimeoutMs?: number;
  /** Cancels what the view has submitted. */
  readonly signal?: AbortSignal;
  /** What the tasks are called, in metadata and records. */
  readonly label?: string;
  /** Words to find the tasks by. */
  readonly tags?: readonly string[];
  /**
   * Whether tasks go on when this client is gone. Their results are kept for
   * whoever attaches with the handle that `result.toJSON()` gives.
   */
  readonly detached?: boolean;
  /**
   * How often a task that failed runs again: a number of retries after any
   * failure, or which failures count and how long to wait.
   */
  readonly retries?: number | RetryOptions;
  /** The tasks start when these have ended. */
  readonly after?: DependencySource;
  /** The tasks start when these have ended, where one of them ran. */
  readonly follow?: DependencySource;
  /** Tasks of higher priority go first. @default 0 */
  readonly priority?: number;
  /**
   * How much of each resource of an engine a task occupies while it runs,
   * such as `{ gpu: 1 }`.
   */
  readonly resources?: Readonly<Record<string, number>>;
  /** Labels that the engine must have. */
  readonly labels?: Readonly<Record<string, string>>;
  /**
   * Buffers that are handed over: they are detached here by the call, so
   * that nobody can change the memory while it is on its way. It is sent
   * without a copy whether or not it is listed.
   */
  readonly transfer?: readonly ArrayBuffer[];
}

/** Flags that were checked, and what they say about every task. */
export interface CheckedFlags {
  /** As they were given. */
  readonly flags: ViewFlags;
  /** What can be said of a task before it is submitted, where anything can. */
  readonly terms: TaskTerms | undefined;
  /** What the tasks wait for. */
  readonly after: Dependency | undefined;
  /** What the tasks wait for and want to be near to. */
  readonly follow: Dependency | undefined;
}

/** The flags of a view that has none. */
export const NO_FLAGS: CheckedFlags = {
  flags: {},
  terms: undefined,
  after: undefined,
  follow: undefined,
};

/** How each flag is checked. */
const CHECKS: {
  readonly [K in keyof ViewFlags]-?: (
    value: NonNullable<ViewFlags[K]>,
  ) => unknown;
} = {
  targets: () => {},
  captures: (captures) => {
    if (typeof captures === "object") return;
    throw new TypeError("Cannot set captures: they must be names and values");
  },
  permissions: (permissions) => void readPermissions(permissions),
  timeoutMs: (timeMs) => checkTime("timeoutMs", timeMs),
  queueTimeoutMs: (timeMs) => checkTime("queueTimeoutMs", timeMs),
  signal: (signal) => {
    if (signal instanceof AbortSignal) return;
    throw new TypeError("Cannot set signal: it must be an AbortSignal");
  },
  label: (label) => checkWord("label", label),
  tags: checkTags,
  detached: (detached) => {
    if (typeof detached === "boolean") return;
    throw new TypeError("Cannot set detached: it must be true or false");
  },
  retries: checkRetries,
  after: (source) => Dependency.from(source),
  follow: (source) => Dependency.from(source),
  priority: checkPriority,
  resources: checkResources,
  labels: checkLabels,
  transfer: checkTransfer,
};

/** Changes of flags; `undefined` takes one away. */
export type FlagChanges = {
  readonly [K in keyof ViewFlags]?: ViewFlags[K] | undefined;
};

/**
 * The flags of a view after some were changed.
 *
 * @throws {TypeError} when a flag is not known or of the wrong type.
 * @throws {RangeError} when a number is out of its range.
 */
export function mergeFlags(
  before: CheckedFlags,
  changes: FlagChanges,
): CheckedFlags {
  const flags: Record<string, unknown> = { ...before.flags };
  for (const [name, value] of Object.entries(changes)) {
    if (!isFlag(name)) {
      throw new TypeError(
        `Cannot set flag ${name}: the flags of a view are ${
          Object.keys(CHECKS).join(", ")
        }`,
      );
    }
    if (value === undefined) {
      delete flags[name];
      continue;
    }
    if (value === null) throw new TypeError(`Cannot set ${name} to null`);
    const check: (value: never) => unknown = CHECKS[name];
    check(value as never);
    // Targets belong to the view.
    if (name !== "targets") flags[name] = value;
  }
  return checked(flags);
}

function checked(flags: ViewFlags): CheckedFlags {
  const { after, follow } = flags;
  return {
    flags,
    terms: termsOf(flags),
    after: after === undefined ? undefined : Dependency.from(after),
    follow: follow === undefined ? undefined : Dependency.from(follow),
  };
}

/** What flags say of every task alike. */
function termsOf(flags: ViewFlags): TaskTerms | undefined {
  const { queueTimeoutMs, priority, retries } = flags;
  const { resources, labels, label, tags, detached } = flags;
  const terms: TaskTerms = {
    ...(queueTimeoutMs === undefined ? {} : { queueTimeoutMs }),
    ...(priority === undefined ? {} : { priority }),
    ...(retries === undefined ? {} : { retries: checkRetries(retries) }),
    ...(resources === undefined ? {} : { resources: { ...resources } }),
    ...(labels === undefined ? {} : { labels: { ...labels } }),
    ...(label === undefined ? {} : { label }),
    ...(tags === undefined ? {} : { tags: [...tags] }),
    ...(detached === true ? { detached } : {}),
  };
  return Object.keys(terms).length === 0 ? undefined : terms;
}

function isFlag(name: string): name is keyof ViewFlags {
  return Object.hasOwn(CHECKS, name);
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
