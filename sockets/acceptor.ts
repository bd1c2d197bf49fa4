/**
 * Takes what arrives at one endpoint.
 *
 * @module
 */
import { type Clock, type Logger, toError } from "../base/mod.ts";
import { cancellableDelay } from "./delay.ts";
import type { ByteStream, Listener } from "./network.ts";

/** First pause after a failed accept, such as for want of descriptors. */
const RETRY_MIN_MS = 50;
const RETRY_MAX_MS = 1_000;

/** Options of {@linkcode Acceptor}. */
export interface AcceptorOptions {
  /** Where streams arrive. */
  readonly listener: Listener;
  /** Time. */
  readonly clock: Clock;
  /** Where to say what happened. */
  readonly log: Logger;
  /** Takes a stream. */
  readonly onStream: (stream: ByteStream) => void;
}

/** Accepts for as long as it is open; a failure only makes it pause. */
export class Acceptor {
  readonly #options: AcceptorOptions;
  readonly #stop = new AbortController();

  /** Takes a listener; nothing happens before {@linkcode Acceptor.run}. */
  constructor(options: AcceptorOptions) {
    this.#options = options;
  }

  /** Accepts until closed. */
  async run(): Promise<void> {
    const { listener, clock, log, onStream } = this.#options;
    const signal = this.#stop.signal;
    let pauseMs = RETRY_MIN_MS;
    while (!signal.aborted) {
      try {
        const stream = await listener.accept();
        pauseMs = RETRY_MIN_MS;
        if (signal.aborted) stream.close();
        else onStream(stream);
      } catch (error) {
        if (signal.aborted) return;
        log.warn("accept failed", {
          endpoint: listener.endpoint,
          error: toError(error),
          pauseMs,
        });
        await cancellableDelay(clock, pauseMs, signal);
        pauseMs = Math.min(RETRY_MAX_MS, pauseMs * 2);
      }
    }
  }

  /** Stops listening. */
  close(): void {
    this.#stop.abort();
    this.#options.listener.close();
  }
}
