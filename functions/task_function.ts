/**
 * Functions together with what they need to run.
 *
 * @module
 */
import type { Captures } from "./capture.ts";
import { isVariableName } from "./compile_function.ts";
import type { Shippable } from "./function_analysis.ts";
import type { ModuleTask } from "./module_function.ts";

/** What a function needs. */
export interface TaskNeeds {
  /**
   * What the engine must have: names of its namespace, and specifiers of
   * modules that it can import. Where something is missing the task goes to
   * another engine, and ends with a `DependencyError` when none has it.
   */
  readonly needs?: readonly string[];
  /**
   * Asked on the engine before the function is called; on a false value the
   * task goes to another engine. It sees the captures.
   */
  readonly when?: () => boolean | Promise<boolean>;
  /** What the function sees of its surroundings and takes along. */
  readonly captures?: Captures;
}

/** A function with its needs, accepted wherever a function is. */
export interface TaskFunction<F extends Shippable = Shippable>
  extends TaskNeeds {
  /** Tells it from other descriptors. */
  readonly kind: "task";
  /** The function. */
  readonly fn: F | ModuleTask<F>;
}

/**
 * Describes a function together with what it needs.
 *
 * @throws {TypeError} when one of the needs is neither a name nor the
 * specifier of a module that means the same everywhere, or `when` is not a
 * function.
 *
 * @example Only where a variable was defined
 * ```ts ignore
 * await balanced.apply(task(() => model.predict(), { needs: ["model"] }));
 * ```
 */
export function task<F extends Shippable>(
  fn: F | ModuleTask<F>,
  needs: TaskNeeds = {},
): TaskFunction<F> {
  for (const need of needs.needs ?? []) checkNeed(need);
  if (needs.when !== undefined && typeof needs.when !== "function") {
    throw new TypeError(
      `Cannot use ${typeof needs.when} as when: it must be a function`,
    );
  }
  return { kind: "task", fn, ...needs };
}

/**
 * Makes a wrapper for functions that need the same modules and names.
 *
 * @throws {TypeError} as {@linkcode task} does.
 *
 * @example Only where a package can be imported
 * ```ts ignore
 * const withSharp = require("npm:sharp@^0.33.0");
 * await balanced.map(withSharp(resize), files);
 * ```
 */
export function require(
  ...needs: readonly string[]
): <F extends Shippable>(fn: F | ModuleTask<F>) => TaskFunction<F> {
  needs.forEach(checkNeed);
  return (fn) => task(fn, { needs });
}

/** Whether a value was made by {@linkcode task}, or looks like it. */
export function isTaskFunction(value: unknown): value is TaskFunction {
  return typeof value === "object" && value !== null && "kind" in value &&
    value.kind === "task" && "fn" in value;
}

function checkNeed(need: unknown): void {
  if (typeof need === "string") {
    if (isVariableName(need) || URL.canParse(need)) return;
  }
  throw new TypeError(
    `Cannot need ${
      JSON.stringify(need)
    }: it must be the name of a variable, or the specifier of a module with its scheme, such as npm:, node:, https: or file:`,
  );
}
