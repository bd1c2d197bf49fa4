/**
 * Hearing what schedulers have gathered before a question is answered, so
 * that a client finds whatever it has heard of itself.
 *
 * @module
 */
import type { Message } from "../messages/mod.ts";

/**
 * How long schedulers may take; then the answer is what is known. All that
 * may wait there, a store on a slow disk takes in about 3 s.
 */
const SYNC_TIMEOUT_MS = 5_000;

interface Pending {
  readonly waitingFor: Set<string>;
  readonly deadlineMs: number;
  readonly resolve: () => void;
}

/** Asks schedulers to tell now what they would tell soon. */
export class RecordSync {
  readonly #send: (routingId: string, message: Message) => void;
  readonly #pending = new Map<number, Pending>();
  #nextNumber = 0;

  /** Starts with no question. */
  constructor(send: (routingId: string, message: Message) => void) {
    this.#send = send;
  }

  /** Whether somebody waits for what schedulers tell. */
  get isAsking(): boolean {
    return this.#pending.size > 0;
  }

  /** Settles when all of these schedulers have told, or took too long. */
  ask(schedulers: readonly string[], nowMs: number): Promise<void> {
    if (schedulers.length === 0) return Promise.resolve();
    const { promise, resolve } = Promise.withResolvers<void>();
    const requestId = this.#nextNumber++;
    this.#pending.set(requestId, {
      waitingFor: new Set(schedulers),
      deadlineMs: nowMs + SYNC_TIMEOUT_MS,
      resolve,
    });
    for (const scheduler of schedulers) {
      this.#send(scheduler, { type: "observations_wanted", requestId });
    }
    return promise;
  }

  /** A scheduler has told all. */
  told(scheduler: string, requestId: number): void {
    const pending = this.#pending.get(requestId);
    if (pending?.waitingFor.delete(scheduler) !== true) return;
    if (pending.waitingFor.size > 0) return;
    this.#pending.delete(requestId);
    pending.resolve();
  }

  /** Time has passed. */
  tick(nowMs: number): void {
    for (const [requestId, { deadlineMs, resolve }] of this.#pending) {
      if (nowMs < deadlineMs) continue;
      this.#pending.delete(requestId);
      resolve();
    }
  }

  /** Nobody will answer any more. */
  stop(): void {
    this.tick(Infinity);
  }
}
