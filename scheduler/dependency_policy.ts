/**
 * When a task may start that depends on others. Pure.
 *
 * With `all`, every task must end, and each in a way that counts: the first
 * that does not makes it impossible. With `any`, the first that counts is
 * enough, and it is impossible when none is left that could. Without any
 * task there is nothing to wait for.
 *
 * A task that `follow`s others runs where they ran: with `all` on the one
 * engine where all of them did, with `any` on one where a task that counted
 * did.
 *
 * @module
 */
import type { DependencyTerms } from "../messages/mod.ts";
import type { Fate } from "./task_fates.ts";

/** What is known of a dependency. */
export type DependencyVerdict = "waiting" | "met" | "impossible";

/** Follows the tasks of one dependency until it is decided. */
export class DependencyWatch {
  readonly #terms: DependencyTerms;
  #pending: number;
  #counted = 0;
  #verdict: DependencyVerdict = "waiting";
  #why = "";
  readonly #engines = new Set<number>();

  /** Waits for all tasks of a dependency; none may be named twice. */
  constructor(terms: DependencyTerms) {
    this.#terms = terms;
    this.#pending = terms.ids.length;
    if (this.#pending === 0) this.#verdict = "met";
  }

  /** What is known by now. */
  get verdict(): DependencyVerdict {
    return this.#verdict;
  }

  /** Why it is impossible. */
  get why(): string {
    return this.#why;
  }

  /** The engines on which tasks that counted ran. */
  get engines(): ReadonlySet<number> {
    return this.#engines;
  }

  /** One of the tasks has ended; gives what is known then. */
  ended(id: string, fate: Fate): DependencyVerdict {
    const { success, failure } = this.#terms;
    const counts = fate.ok ? success : failure;
    // Where it ran counts even if another was enough.
    if (counts && fate.engineId !== undefined) {
      this.#engines.add(fate.engineId);
    }
    if (this.#verdict === "waiting") this.#count(id, fate.ok, counts);
    return this.#verdict;
  }

  #count(id: string, ok: boolean, counts: boolean): void {
    this.#pending--;
    const { mode } = this.#terms;
    if (counts) {
      this.#counted++;
      if (mode === "any" || this.#pending === 0) this.#verdict = "met";
      return;
    }
    if (mode === "all" || (this.#pending === 0 && this.#counted === 0)) {
      this.#verdict = "impossible";
      this.#why = `task ${id} ${ok ? "succeeded" : "failed"}`;
    }
  }
}

/** The engines on which a task may run that follows others. */
export type FollowPlace =
  | { readonly engines: readonly number[] }
  | { readonly problem: string };

/**
 * Where a task runs that follows others.
 *
 * @param ran Engines on which the others ran.
 * @param targets Engines that the task names; empty for any.
 * @param isPresent Whether an engine is in the cluster.
 */
export function followPlace(
  mode: DependencyTerms["mode"],
  ran: ReadonlySet<number>,
  targets: readonly number[],
  isPresent: (engineId: number) => boolean,
): FollowPlace {
  if (ran.size === 0) {
    return { problem: "the tasks that it follows ran on no engine" };
  }
  if (mode === "all" && ran.size > 1) {
    const where = [...ran].sort((a, b) => a - b).join(", ");
    return {
      problem: `the tasks that it follows ran on different engines: ${where}`,
    };
  }
  const wanted = targets.length === 0
    ? [...ran]
    : targets.filter((target) => ran.has(target));
  if (wanted.length === 0) {
    return { problem: "the tasks that it follows ran outside of its targets" };
  }
  const engines = wanted.filter(isPresent);
  return engines.length > 0
    ? { engines }
    : { problem: `engine ${wanted.join(", ")}, which it follows, is gone` };
}
