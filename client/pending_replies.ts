/**
 * Questions to the hub that wait for their answers.
 *
 * @module
 */
import { type Clock, TimeoutError, type Timer } from "../base/mod.ts";
import type { Message } from "../messages/mod.ts";

/** When a question is given up. */
export interface AskLimits {
  /** How long to wait; absent, for ever. */
  readonly timeoutMs?: number | undefined;
  /** Gives it up. */
  readonly signal?: AbortSignal | undefined;
  /**
   * How often to ask again, for answers that take long: a hub that has been
   * replaced meanwhile does not know the question. @default never
   */
  readonly repeatMs?: number;
  /** What is thrown when time is up. */
  readonly timeoutError?: () => Error;
}

/** Matches answers to questions by request id. */
export class PendingReplies {
  readonly #clock: Clock;
  readonly #waiting = new Map<number, PromiseWithResolvers<Message>>();
  #count = 0;

  /** Makes a table with no questions in it. */
  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /**
   * Asks, and waits for the answer.
   *
   * @param asked When to give up; a number is a time.
   * @param send Sends the question under the request id it is given.
   * @throws {TimeoutError} when no answer comes in time.
   */
  async ask(
    asked: number | AskLimits,
    send: (requestId: number) => void,
  ): Promise<Message> {
    const limits: AskLimits = typeof asked === "number"
      ? { timeoutMs: asked }
      : asked;
    const { timeoutMs, signal, timeoutError } = limits;
    signal?.throwIfAborted();
    const requestId = this.#count++;
    const waiting = Promise.withResolvers<Message>();
    this.#waiting.set(requestId, waiting);
    const timer = timeoutMs === undefined
      ? undefined
      : this.#clock.setTimer(timeoutMs, () => {
        waiting.reject(
          timeoutError?.() ?? new TimeoutError(
            `Cannot hear from the hub: silent for ${timeoutMs} ms`,
          ),
        );
      });
    let repeat: Timer | undefined;
    const askAgain = (): void => {
      if (limits.repeatMs === undefined) return;
      repeat = this.#clock.setTimer(limits.repeatMs, () => {
        send(requestId);
        askAgain();
      });
    };
    const abort = (): void => waiting.reject(signal?.reason);
    signal?.addEventListener("abort", abort);
    try {
      send(requestId);
      askAgain();
      return await waiting.promise;
    } finally {
      repeat?.cancel();
      timer?.cancel();
      signal?.removeEventListener("abort", abort);
      this.#waiting.delete(requestId);
    }
  }

  /** An answer arrived. */
  answer(requestId: number, message: Message): void {
    this.#waiting.get(requestId)?.resolve(message);
  }

  /** No answers will come. */
  rejectAll(error: Error): void {
    for (const waiting of this.#waiting.values()) waiting.reject(error);
  }
}
