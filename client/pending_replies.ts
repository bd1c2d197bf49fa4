/**
 * Questions to the hub that wait for their answers.
 *
 * @module
 */
import { type Clock, TimeoutError } from "../base/mod.ts";
import type { Message } from "../messages/mod.ts";

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
   * @param send Sends the question under the request id it is given.
   * @throws {TimeoutError} when no answer comes in time.
   */
  async ask(
    timeoutMs: number,
    send: (requestId: number) => void,
  ): Promise<Message> {
    const requestId = this.#count++;
    const waiting = Promise.withResolvers<Message>();
    this.#waiting.set(requestId, waiting);
    const timer = this.#clock.setTimer(timeoutMs, () => {
      waiting.reject(
        new TimeoutError(
          `Cannot hear from the hub: silent for ${timeoutMs} ms`,
        ),
      );
    });
    try {
      send(requestId);
      return await waiting.promise;
    } finally {
      timer.cancel();
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
