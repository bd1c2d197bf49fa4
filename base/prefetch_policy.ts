/**
 * How much work to keep at hand.
 *
 * @module
 */

/** Bounds of {@linkcode prefetchDepth}. */
export interface PrefetchBounds {
  /** Time that the work at hand should cover, in milliseconds. */
  readonly coverMs: number;
  /** Most tasks to keep at hand. */
  readonly tasksMax: number;
}

/**
 * How many tasks an executor should hold at once: the one that runs, and as
 * many more as cover the time until new ones can arrive. Short tasks are
 * fetched ahead, long ones wait where another executor can take them.
 *
 * @param meanTaskMs Mean time of recent tasks; `undefined` before the first.
 */
export function prefetchDepth(
  meanTaskMs: number | undefined,
  bounds: PrefetchBounds,
): number {
  if (meanTaskMs === undefined) return 1;
  const ahead = Math.floor(bounds.coverMs / Math.max(meanTaskMs, 1e-3));
  return Math.min(1 + ahead, bounds.tasksMax);
}

/** Weight of the newest task in {@linkcode meanAfter}. */
const MEAN_WEIGHT = 0.2;

/** The running mean of task times after one more. */
export function meanAfter(
  meanMs: number | undefined,
  taskMs: number,
): number {
  return meanMs === undefined
    ? taskMs
    : meanMs + MEAN_WEIGHT * (taskMs - meanMs);
}
