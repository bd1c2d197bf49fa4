/**
 * The last wait of a link that is closed.
 *
 * @module
 */
import type { Clock } from "../base/mod.ts";

/** How long a closing link waits unless told otherwise. */
export const LINGER_DEFAULT_MS = 1_000;

/** Options of {@linkcode Linger}. */
export interface LingerOptions {
  /** Time. */
  readonly clock: Clock;
  /** Whether nothing has to be waited for. */
  readonly isDone: () => boolean;
}

/**
 * Waits until what was said has left, for so long at most. A large message
 * leaves only while the peer's acknowledgements are read, so the socket below
 * has to stay open for it.
 */
export class Linger {
  readonly #options: LingerOptions;
  #finish: (() => void) | undefined;

  /** Waits for nothing yet. */
  constructor(options: LingerOptions) {
    this.#options = options;
  }

  /** Something has happened that may end the wait. */
  check(): void {
    if (this.#finish !== undefined && this.#options.isDone()) this.#finish();
  }

  /**
   * Waits.
   *
   * @returns How much of the time is left for the socket.
   */
  async wait(lingerMs: number): Promise<number> {
    const { clock, isDone } = this.#options;
    if (lingerMs <= 0 || isDone()) return lingerMs;
    const startedMs = clock.monotonic();
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#finish = resolve;
    const timer = clock.setTimer(lingerMs, resolve);
    await promise;
    timer.cancel();
    this.#finish = undefined;
    return Math.max(0, lingerMs - (clock.monotonic() - startedMs));
  }
}
