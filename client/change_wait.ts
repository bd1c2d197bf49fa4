/**
 * Waiting until something holds.
 *
 * @module
 */
import type { Clock } from "../base/mod.ts";

/** What is waited for, and who says when to look again. */
export interface ChangeWait {
  /** Whether it holds. */
  readonly holds: () => boolean;
  /** How long to wait; absent, for ever. */
  readonly timeoutMs: number | undefined;
  /** Stops waiting. */
  readonly signal: AbortSignal | undefined;
  /** What is thrown when it takes longer. */
  readonly timeoutError: () => Error;
  /** Time. */
  readonly clock: Clock;
  /** Calls once, at the next change. */
  readonly onChange: (notify: () => void) => void;
  /** Throws when it never will. */
  readonly throwIfEnded: () => void;
}

/** Waits until a condition holds, looking again at every change. */
export async function waitForChange(wait: ChangeWait): Promise<void> {
  const { timeoutMs, signal, clock } = wait;
  let ended: Error | undefined;
  let wake: (() => void) | undefined;
  const timer = timeoutMs === undefined
    ? undefined
    : clock.setTimer(timeoutMs, () => {
      ended = wait.timeoutError();
      wake?.();
    });
  const abort = (): void => wake?.();
  signal?.addEventListener("abort", abort);
  try {
    for (;;) {
      wait.throwIfEnded();
      signal?.throwIfAborted();
      if (wait.holds()) return;
      if (ended !== undefined) throw ended;
      await new Promise<void>((resolve) => {
        wake = resolve;
        wait.onChange(resolve);
      });
    }
  } finally {
    timer?.cancel();
    signal?.removeEventListener("abort", abort);
  }
}
