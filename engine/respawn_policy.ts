/**
 * When to start a slot again that ended by itself.
 *
 * @module
 */

/** Bounds of {@linkcode respawnDelayMs}. */
export interface RespawnBounds {
  /** First pause. */
  readonly respawnDelayMinMs: number;
  /** Longest pause. */
  readonly respawnDelayMaxMs: number;
}

/**
 * The pause before a slot is started again: none after the first end, then
 * doubling for as long as it ends without having finished a task.
 *
 * @param endsInRow How often it has ended in a row, this time included.
 */
export function respawnDelayMs(
  endsInRow: number,
  bounds: RespawnBounds,
): number {
  if (endsInRow <= 1) return 0;
  const doubled = bounds.respawnDelayMinMs * 2 ** Math.min(endsInRow - 2, 30);
  return Math.min(doubled, bounds.respawnDelayMaxMs);
}
