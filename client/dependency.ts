/**
 * What tasks wait for.
 *
 * @module
 */
import { DependencyError } from "../base/mod.ts";
import type { DependencyTerms } from "../messages/mod.ts";
import { AsyncResult, tasksOf } from "./async_result.ts";
import { checkOwner, closedRuns } from "./ownership.ts";
import type { TaskRun } from "./task_run.ts";

/** Tasks to depend on: those of a result, or one by its id. */
export type TaskSource = AsyncResult<unknown> | string;

/** Whatever `after` and `follow` take. */
export type DependencySource =
  | TaskSource
  | Dependency
  | readonly (TaskSource | Dependency)[];

/** Options of {@linkcode Dependency}. */
export interface DependencyOptions {
  /** Whether tasks that ended well count. @default true */
  readonly success?: boolean;
  /** Whether tasks that failed count. @default false */
  readonly failure?: boolean;
}

/** What is left of a dependency when it is submitted. */
export interface ResolvedDependency {
  /** What the scheduler has to wait for; absent when it is met. */
  readonly terms?: DependencyTerms;
  /** Engines on which one of the tasks that met it ran. */
  readonly engines: readonly number[];
  /** Why it can never be met. */
  readonly problem?: DependencyError;
}

/**
 * Tasks that others wait for: all of them, or one that is enough; those that
 * end well, those that fail, or both.
 */
export class Dependency {
  /** Whether all of the tasks count, or one is enough. */
  readonly mode: "all" | "any";
  /** Whether tasks that ended well count. */
  readonly success: boolean;
  /** Whether tasks that failed count. */
  readonly failure: boolean;
  /** The tasks. */
  readonly sources: readonly TaskSource[];

  private constructor(
    mode: "all" | "any",
    tasks: TaskSource | readonly TaskSource[],
    { success = true, failure = false }: DependencyOptions,
  ) {
    this.sources = Array.isArray(tasks) ? [...tasks] : [tasks];
    this.mode = mode;
    this.success = success;
    this.failure = failure;
    for (const source of this.sources) checkSource(source);
    if (this.sources.length === 0) {
      throw new TypeError("Cannot depend on nothing: the list is empty");
    }
    if (success || failure) return;
    throw new TypeError(
      "Cannot depend on tasks: with neither success nor failure none counts",
    );
  }

  /**
   * Waits for all of some tasks. When one of them ends the other way, the
   * task that depends on it ends with a `DependencyError`.
   *
   * @throws {TypeError} when something is neither a result nor a task id, or
   * neither success nor failure counts.
   */
  static all(
    tasks: TaskSource | readonly TaskSource[],
    options: DependencyOptions = {},
  ): Dependency {
    return new Dependency("all", tasks, options);
  }

  /**
   * Waits for one of some tasks.
   *
   * @throws {TypeError} as {@linkcode Dependency.all} does.
   */
  static any(
    tasks: TaskSource | readonly TaskSource[],
    options: DependencyOptions = {},
  ): Dependency {
    return new Dependency("any", tasks, options);
  }

  /**
   * The dependency behind whatever a flag takes. What is in a list has to be
   * met together.
   *
   * @throws {TypeError} when something cannot be depended on, or a list
   * holds dependencies of different kinds.
   */
  static from(source: DependencySource): Dependency {
    if (source instanceof Dependency) return source;
    if (!Array.isArray(source)) return Dependency.all(source as TaskSource);
    const parts: readonly Dependency[] = source.map((part) =>
      part instanceof Dependency ? part : Dependency.all(part)
    );
    const [first] = parts;
    if (parts.length === 1 && first !== undefined) return first;
    for (const part of parts) {
      if (
        part.mode === "all" && part.success === first?.success &&
        part.failure === first.failure
      ) continue;
      throw new TypeError(
        "Cannot depend on a list of different dependencies: in a list, all must be of the kind that Dependency.all makes, with the same success and failure",
      );
    }
    return Dependency.all(parts.flatMap((part) => part.sources), {
      success: first?.success ?? true,
      failure: first?.failure ?? false,
    });
  }

  /** The ids of all tasks, ended or not. */
  get ids(): readonly string[] {
    return this.sources.flatMap((source) =>
      typeof source === "string" ? [source] : source.taskIds
    );
  }
}

/**
 * What is left to wait for, as far as it is known here.
 *
 * @param clientId Start of the ids of the only client's tasks that count.
 * @throws {TypeError} when a task is somebody else's.
 */
export function resolveDependency(
  { sources, mode, success, failure }: Dependency,
  clientId: string,
): ResolvedDependency {
  const ids: string[] = [];
  const ended: TaskRun[] = [];
  for (const source of sources) {
    if (typeof source === "string") {
      checkOwner(source, clientId, "wait for");
      ids.push(source);
      continue;
    }
    for (const run of closedRuns(tasksOf(source), clientId, "wait for")) {
      if (run.done) ended.push(run);
      else ids.push(run.id);
    }
  }
  const counts = (run: TaskRun): boolean =>
    run.error === undefined ? success : failure;
  const right = ended.filter(counts);
  const engines = [...new Set(right.flatMap((run) => run.engineId ?? []))];
  const wrong = ended.find((run) => !counts(run));
  const isMet = mode === "any"
    ? right.length > 0
    : ids.length === 0 && wrong === undefined;
  if (isMet) return { engines };
  if (wrong !== undefined && (mode === "all" || ids.length === 0)) {
    return { engines, problem: impossible(wrong) };
  }
  return { terms: { ids, mode, success, failure }, engines };
}

function impossible(run: TaskRun): DependencyError {
  const how = run.error === undefined ? "ended well" : "failed";
  return new DependencyError(
    "impossible",
    `Cannot run task: task ${run.id}, on which it depends, ${how}`,
    run.error === undefined ? undefined : { cause: run.error },
  );
}

function checkSource(source: unknown): void {
  if (source instanceof AsyncResult) return;
  if (typeof source === "string" && source !== "") return;
  throw new TypeError(
    `Cannot depend on ${
      source === null ? "null" : typeof source
    }: it must be a result, a task id, a Dependency, or a list of them`,
  );
}
