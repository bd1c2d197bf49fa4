/**
 * The events of a result, for those who follow them live.
 *
 * @module
 */
import { Arrivals } from "./arrivals.ts";
import type { ResultEvent } from "./task_events.ts";

/** Events that may wait for a reader; of more, only the number is told. */
export const EVENTS_WAITING_MAX = 65_536;

/** Gives every event to every reader. */
export class ResultEvents {
  readonly #readers = new Set<Reader>();
  #isEnded = false;

  /** Something was told. */
  tell(event: ResultEvent): void {
    for (const reader of this.#readers) reader.push(event);
  }

  /** All tasks have ended. */
  end(): void {
    this.#isEnded = true;
    for (const reader of this.#readers) reader.arrivals.end();
  }

  /** The events from now on, until every task has ended. */
  follow(): AsyncIterableIterator<ResultEvent> {
    const reader = new Reader();
    this.#readers.add(reader);
    if (this.#isEnded) reader.arrivals.end();
    return this.#read(reader);
  }

  async *#read(reader: Reader): AsyncIterableIterator<ResultEvent> {
    try {
      for (;;) {
        const event = await reader.arrivals.next();
        if (event === undefined) return;
        yield event;
      }
    } finally {
      this.#readers.delete(reader);
    }
  }
}

class Reader {
  readonly arrivals = new Arrivals<ResultEvent>();
  #dropped = 0;

  push(event: ResultEvent): void {
    if (this.arrivals.length >= EVENTS_WAITING_MAX) {
      this.#dropped++;
      return;
    }
    if (this.#dropped > 0) {
      const { taskId, engineId } = event;
      const count = this.#dropped;
      this.arrivals.push({ taskId, engineId, type: "dropped", count });
      this.#dropped = 0;
    }
    this.arrivals.push(event);
  }
}
