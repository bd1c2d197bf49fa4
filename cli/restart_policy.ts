/**
 * Whether a process that ended is started again, and when. Pure.
 *
 * @module
 */

/** Limits of restarts. */
export interface RestartLimits {
  /** Most restarts within the window. */
  readonly restartsMax: number;
  /** How far back restarts count, in milliseconds. */
  readonly windowMs: number;
  /** The second restart waits so long, each further one twice as long. */
  readonly delayMs: number;
  /** Longest wait. */
  readonly delayMaxMs: number;
}

/** Limits unless told otherwise. */
export const RESTART_LIMITS: RestartLimits = {
  // One that cannot live for ten seconds on the average has another problem.
  restartsMax: 6,
  windowMs: 60_000,
  delayMs: 100,
  delayMaxMs: 5_000,
};

/** Counts restarts. */
export class RestartPolicy {
  readonly #limits: RestartLimits;
  readonly #restartsMs: number[] = [];

  /** Starts without a restart. */
  constructor(limits: Partial<RestartLimits> = {}) {
    this.#limits = { ...RESTART_LIMITS, ...limits };
  }

  /** Pause before the next start; `undefined` when there were too many. */
  next(nowMs: number): number | undefined {
    const { restartsMax, windowMs, delayMs, delayMaxMs } = this.#limits;
    const past = this.#restartsMs;
    while (past[0] !== undefined && nowMs - past[0] > windowMs) past.shift();
    if (past.length >= restartsMax) return undefined;
    const pause = past.length === 0 ? 0 : delayMs * 2 ** (past.length - 1);
    past.push(nowMs);
    return Math.min(pause, delayMaxMs);
  }
}
