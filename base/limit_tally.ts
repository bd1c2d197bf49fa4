/**
 * How often the limits of a process were reached. Pure.
 *
 * @module
 */
import { LimitError } from "./errors.ts";

/** Names of limits that are counted; more of them share one count. */
export const LIMIT_NAMES_MAX = 128;

/** What the limits are called that did not fit. */
const OTHERS = "others";

/** How often each limit was reached, by the names in `docs/limits.md`. */
export type LimitCounts = Readonly<Record<string, number>>;

/**
 * Counts limits by name, since the process started. Names are constants of
 * the program and nothing that a peer has said, so that there are only as
 * many as the program has limits.
 */
export class LimitTally {
  readonly #namesMax: number;
  readonly #counts = new Map<string, number>();

  /** Starts with no limit reached. */
  constructor(namesMax: number = LIMIT_NAMES_MAX) {
    this.#namesMax = namesMax;
  }

  /** How often each limit was reached; absent, no limit was. */
  get counts(): LimitCounts | undefined {
    return this.#counts.size === 0
      ? undefined
      : Object.fromEntries(this.#counts);
  }

  /** The same as a field of a message, which is not there without limits. */
  get field(): { readonly limits?: LimitCounts } {
    const limits = this.counts;
    return limits === undefined ? {} : { limits };
  }

  /** A limit took effect, so many times. */
  reached(limit: string, times = 1): void {
    if (times <= 0) return;
    const isKnown = this.#counts.has(limit);
    // The last place is for all that do not fit.
    const name = isKnown || this.#counts.size < this.#namesMax - 1
      ? limit
      : OTHERS;
    this.#counts.set(name, (this.#counts.get(name) ?? 0) + times);
  }

  /** Something failed: counts, where that was because of a named limit. */
  failed(error: Error | undefined): void {
    if (error instanceof LimitError && error.limit !== undefined) {
      this.reached(error.limit);
    }
  }
}
