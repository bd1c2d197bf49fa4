/**
 * Outcomes of one direct request that go out together.
 *
 * @module
 */
import { bytesOf } from "../base/mod.ts";
import type { TaskOutcome } from "../messages/mod.ts";

type Payload = readonly Uint8Array[];
type Send = (outcome: TaskOutcome, payload: Payload) => void;

/** Holds outcomes until all are there. */
export class OutcomeGroup {
  readonly #send: Send;
  readonly #held: { outcome: TaskOutcome; payload: Payload }[] = [];
  #missing: number;
  #bytes = 0;

  /** Waits for this many outcomes. */
  constructor(count: number, send: Send) {
    this.#missing = count;
    this.#send = send;
  }

  /** Payload bytes that are held. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Takes an outcome, and sends all when it was the last. */
  add(outcome: TaskOutcome, payload: Payload): void {
    this.#held.push({ outcome, payload });
    this.#bytes += bytesOf(payload);
    if (--this.#missing <= 0) this.flush();
  }

  /** Sends what is there. */
  flush(): void {
    for (const { outcome, payload } of this.#held.splice(0)) {
      this.#send(outcome, payload);
    }
    this.#bytes = 0;
  }
}
