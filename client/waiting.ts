/**
 * Waiting for tasks without asking for their values.
 *
 * @module
 */
import type { Clock } from "../base/mod.ts";
import { checkWait } from "./flag_checks.ts";
import type { RunSet } from "./run_set.ts";

/**
 * What ends a wait: the end of `all` tasks, of `any` of them, or the
 * `first-error` (or the end of all, where none fails).
 */
export type WaitCondition = "all" | "any" | "first-error";

/** Options of waiting for results. */
export interface ResultWaitOptions {
  /** How long to wait, in milliseconds; absent, for ever. */
  readonly timeoutMs?: number;
  /** What ends the wait. @default "all" */
  readonly when?: WaitCondition;
  /** Stops waiting, with its reason as the error. */
  readonly signal?: AbortSignal;
}

const CONDITIONS: ReadonlySet<unknown> = new Set(["all", "any", "first-error"]);

/**
 * Waits for tasks.
 *
 * @returns Whether what was waited for has come; `false` when time is up.
 * @throws {RangeError} when `timeoutMs` is negative or no number.
 * @throws {TypeError} when the condition is not known.
 */
export async function waitForRuns(
  sets: readonly RunSet[],
  options: ResultWaitOptions,
  clock: Clock,
): Promise<boolean> {
  const { timeoutMs, when = "all", signal } = options;
  if (!CONDITIONS.has(when)) {
    throw new TypeError(
      `Cannot wait for ${when}: it must be all, any or first-error`,
    );
  }
  if (timeoutMs !== undefined) checkWait("timeoutMs", timeoutMs);
  signal?.throwIfAborted();
  const end = Promise.withResolvers<boolean>();
  const waiting = new Set(sets);
  let isOver = waiting.size === 0;
  const look = (set: RunSet): void => {
    if (set.done) waiting.delete(set);
    if (waiting.size > 0 && !ends(set, when)) return;
    isOver = true;
    end.resolve(true);
  };
  for (const set of sets) set.keepItems();
  for (const set of sets) look(set);
  if (isOver || timeoutMs === 0) return isOver;
  const timer = timeoutMs === undefined
    ? undefined
    : clock.setTimer(timeoutMs, () => end.resolve(false));
  const abort = (): void => end.reject(signal?.reason);
  signal?.addEventListener("abort", abort);
  using listening = new DisposableStack();
  for (const set of waiting) {
    listening.use(set.listen({ changed: () => look(set) }));
  }
  try {
    return await end.promise;
  } finally {
    timer?.cancel();
    signal?.removeEventListener("abort", abort);
  }
}

/** Whether what one set knows ends the wait for all of them. */
function ends(set: RunSet, when: WaitCondition): boolean {
  if (when === "any") return set.arrived.length > 0;
  return when === "first-error" && set.hasFailed;
}
