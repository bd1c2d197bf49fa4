/**
 * Waiting.
 *
 * @module
 */
import type { Clock } from "../base/mod.ts";

/** Settles after a time, or at once when the signal aborts. */
export function cancellableDelay(
  clock: Clock,
  delayMs: number,
  signal: AbortSignal,
): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  const { promise, resolve } = Promise.withResolvers<void>();
  const finish = (): void => {
    timer.cancel();
    signal.removeEventListener("abort", finish);
    resolve();
  };
  const timer = clock.setTimer(delayMs, finish);
  signal.addEventListener("abort", finish);
  return promise;
}
