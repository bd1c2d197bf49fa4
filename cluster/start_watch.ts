/**
 * Waiting for something that the end of a process makes impossible.
 *
 * @module
 */
import {
  CancelledError,
  type Clock,
  ConnectionError,
  systemClock,
  TimeoutError,
} from "../base/mod.ts";
import type { Job } from "./launchers/mod.ts";

/** How many jobs that wait are named when the time is over. */
const PENDING_SHOWN_MAX = 3;

/** Options of {@linkcode StartWatch}. */
export interface StartWatchOptions {
  /** What is done, for messages: `start cluster x`. */
  readonly what: string;
  /** How long it may take. */
  readonly timeoutMs: number;
  /** Gives it up. */
  readonly signal?: AbortSignal | undefined;
  /** Time. @default systemClock */
  readonly clock?: Clock;
}

/**
 * A deadline, a signal and any number of processes: whatever ends first ends
 * the waiting, with an error that says why.
 */
export class StartWatch implements Disposable {
  /** Aborted when the waiting has ended for a bad reason. */
  readonly signal: AbortSignal;

  readonly #what: string;
  readonly #failure = Promise.withResolvers<never>();
  readonly #controller = new AbortController();
  readonly #needed = new Set<Pick<Job, "what" | "state" | "lastLines">>();
  readonly #dispose: () => void;

  /** Starts the time. */
  constructor(options: StartWatchOptions) {
    const { what, timeoutMs, signal, clock = systemClock } = options;
    this.#what = what;
    this.signal = this.#controller.signal;
    // Whoever waits hears of it; with nobody waiting it is no news.
    this.#failure.promise.catch(() => {});
    const timer = clock.setTimer(timeoutMs, () =>
      this.#fail(
        new TimeoutError(
          `Cannot ${what}: not ready after ${timeoutMs} ms${this.#waiting()}`,
        ),
      ));
    const abort = (): void =>
      this.#fail(
        new CancelledError(`Cannot ${what}: it was given up`, {
          cause: signal?.reason,
        }),
      );
    signal?.addEventListener("abort", abort);
    this.#dispose = () => {
      timer.cancel();
      signal?.removeEventListener("abort", abort);
    };
    if (signal?.aborted) abort();
  }

  /** Fails the waiting when a job ends. */
  needs(job: Pick<Job, "what" | "ended" | "lastLines" | "state">): void {
    this.#needed.add(job);
    void job.ended.then(({ reason }) =>
      this.#fail(
        new ConnectionError(
          `Cannot ${this.#what}: ${job.what} ${reason}${
            lastWords(job.lastLines)
          }`,
        ),
      )
    );
  }

  /**
   * Waits for `work`.
   *
   * @throws {ConnectionError} when a process that is needed has ended.
   * @throws {TimeoutError} when the time is over.
   * @throws {CancelledError} when it was given up.
   */
  async until<T>(work: Promise<T>): Promise<T> {
    return await Promise.race([this.#failure.promise, work]);
  }

  /** Ends the watch. */
  [Symbol.dispose](): void {
    this.#dispose();
  }

  /** What the jobs wait for, as far as their systems say. */
  #waiting(): string {
    const pending = [...this.#needed].flatMap(({ what, state }) =>
      state.kind === "pending"
        ? [`${what} is pending${state.reason ? `: ${state.reason}` : ""}`]
        : []
    );
    return pending.length === 0
      ? ""
      : `; ${pending.slice(0, PENDING_SHOWN_MAX).join(", ")}`;
  }

  #fail(error: Error): void {
    this.#failure.reject(error);
    this.#controller.abort(error);
  }
}

/** What a process complained of, or the last that it said. */
function lastWords(lines: readonly string[]): string {
  const complaint = lines.findLast((line) => line.startsWith("ippd: "));
  const words = complaint?.slice("ippd: ".length) ?? lines.at(-1);
  return words === undefined ? "" : ` (${words})`;
}
