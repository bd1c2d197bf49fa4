/**
 * How often a task has been given to an engine, as far as this one knows.
 * Pure.
 *
 * @module
 */
import type { TaskAssign, TaskOutcome } from "../messages/mod.ts";

/** An outcome that says which run it is of, for a scheduler that asks. */
export function numbered(
  outcome: TaskOutcome,
  { attempt }: TaskAssign,
): TaskOutcome {
  return attempt === undefined ? outcome : { ...outcome, attempts: attempt };
}

/** The same task, which another engine may have been given meanwhile. */
export function oneMore(assign: TaskAssign): TaskAssign {
  return { ...assign, attempt: (assign.attempt ?? 1) + 1 };
}

/** How often the task of an outcome was given to an engine. */
export function runsOf({ attempts = 1 }: TaskOutcome): number {
  return attempts;
}
