/**
 * Functions together with what they need to run.
 *
 * @module
 */
import type { Captures } from "./capture.ts";
import type { Shippable } from "./function_analysis.ts";
import type { ModuleTask } from "./module_function.ts";

/** What a function needs. */
export interface TaskNeeds {
  /**
   * Specifiers of modules that the engine must be able to import; where one
   * cannot be imported, the task goes to another engine.
   */
  readonly needs?: readonly string[];
  /**
   * Asked on the engine before the function is called; on `false` the task
   * goes to another engine.
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

/** Describes a function together with what it needs. */
export function task<F extends Shippable>(
  fn: F | ModuleTask<F>,
  needs: TaskNeeds = {},
): TaskFunction<F> {
  return { kind: "task", fn, ...needs };
}
