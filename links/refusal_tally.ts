/**
 * Counts what was refused, and says each cause once. Pure.
 *
 * @module
 */
import type { LimitTally, Logger } from "../base/mod.ts";

/** Causes that are remembered; more of them share one count. */
export const REFUSAL_CAUSES_MAX = 1_024;

/** What people call the causes that did not fit. */
const OTHER = "other causes";

/** Options of {@linkcode RefusalTally}. */
export interface RefusalTallyOptions {
  /** Where each cause is said, the first time. */
  readonly log: Logger;
  /** Causes that are remembered. @default 1_024 */
  readonly causesMax?: number;
  /** Counts limits that are reached. */
  readonly tally?: LimitTally | undefined;
}

/**
 * Refusals by cause. A peer that does the same wrong thing a million times
 * costs one line in the log and one number in memory.
 */
export class RefusalTally {
  readonly #log: Logger;
  readonly #causesMax: number;
  readonly #tally: LimitTally | undefined;
  readonly #counts = new Map<string, number>();
  #total = 0;

  /** Starts with nothing refused. */
  constructor(options: RefusalTallyOptions) {
    this.#log = options.log;
    this.#causesMax = options.causesMax ?? REFUSAL_CAUSES_MAX;
    this.#tally = options.tally;
  }

  /** Everything that was refused. */
  get total(): number {
    return this.#total;
  }

  /** How often each cause was met. */
  get counts(): ReadonlyMap<string, number> {
    return this.#counts;
  }

  /**
   * Counts one refusal.
   *
   * @param event What the log calls it.
   * @param who Whose fault it is, such as a key's name.
   * @param reason Why; the same words for the same cause.
   * @param fields What else the log says of the first one.
   * @returns Whether it was the first with its cause.
   */
  count(
    event: string,
    who: string,
    reason: string,
    fields: Readonly<Record<string, unknown>> = {},
  ): boolean {
    this.#total++;
    let cause = `${event}: ${who}: ${reason}`;
    const isNew = !this.#counts.has(cause);
    if (isNew && this.#counts.size >= this.#causesMax) {
      cause = OTHER;
      this.#tally?.reached("REFUSAL_CAUSES_MAX");
    }
    const before = this.#counts.get(cause) ?? 0;
    this.#counts.set(cause, before + 1);
    if (before > 0) return false;
    this.#log.warn(event, { ...fields, reason, note: "said once" });
    return true;
  }
}
