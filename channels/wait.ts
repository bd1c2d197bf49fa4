/**
 * Waiting for something, until it is there, time is over or nobody wants it.
 *
 * @module
 */
import { type Clock, TimeoutError, type Timer } from "../base/mod.ts";

/** How long to wait, and who may end it. */
export interface WaitLimits {
  /** How long to wait, in milliseconds; absent, for ever. */
  readonly timeoutMs?: number | undefined;
  /** Stops waiting. */
  readonly signal?: AbortSignal | undefined;
}

/** Options of {@linkcode Wait}. */
export interface WaitSetup {
  /** How long at most. */
  readonly limits: WaitLimits;
  /** Time. */
  readonly clock: Clock;
  /** The task that waits, where one does. */
  readonly task: string | undefined;
  /** What is waited for: `Cannot wait longer <what>`. */
  readonly what: string;
  /** Called when it has ended, in whichever way. */
  readonly onEnd: (wait: Wait) => void;
}

/** Somebody who waits. */
export class Wait {
  /** Settles with the end of the wait. */
  readonly promise: Promise<unknown>;
  /** The task that waits, where one does. */
  readonly task: string | undefined;

  readonly #resolve: (value: unknown) => void;
  readonly #reject: (reason: unknown) => void;
  readonly #onEnd: (wait: Wait) => void;
  readonly #signal: AbortSignal | undefined;
  readonly #abort: (() => void) | undefined;
  readonly #timer: Timer | undefined;

  /** Begins to wait. */
  constructor({ limits, clock, task, what, onEnd }: WaitSetup) {
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    this.promise = promise;
    this.task = task;
    this.#resolve = resolve;
    this.#reject = reject;
    this.#onEnd = onEnd;
    const { signal, timeoutMs } = limits;
    if (signal !== undefined) {
      this.#signal = signal;
      this.#abort = () => this.fail(signal.reason);
      signal.addEventListener("abort", this.#abort);
    }
    if (timeoutMs !== undefined) {
      this.#timer = clock.setTimer(
        timeoutMs,
        () =>
          this.fail(
            new TimeoutError(
              `Cannot wait longer ${what}: ${timeoutMs} ms are over`,
            ),
          ),
      );
    }
  }

  /** It is there. */
  succeed(value: unknown): void {
    this.#end();
    this.#resolve(value);
  }

  /** It will not come. */
  fail(reason: unknown): void {
    this.#end();
    this.#reject(reason);
  }

  #end(): void {
    this.#timer?.cancel();
    if (this.#abort !== undefined) {
      this.#signal?.removeEventListener("abort", this.#abort);
    }
    this.#onEnd(this);
  }
}

/**
 * Sees that one can wait so.
 *
 * @throws {RangeError} when `timeoutMs` is not a positive number.
 * @throws {Error} the reason of a signal that is aborted already.
 */
export function expectLimits({ timeoutMs, signal }: WaitLimits): void {
  if (timeoutMs !== undefined && !(timeoutMs > 0)) {
    throw new RangeError(
      `Cannot wait for ${timeoutMs} ms: timeoutMs must be positive`,
    );
  }
  signal?.throwIfAborted();
}
