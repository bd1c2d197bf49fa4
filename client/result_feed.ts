/**
 * What arrives for one result while its tasks run, given to those who iterate
 * it and to those who follow its events.
 *
 * @module
 */
import type { Output } from "../messages/mod.ts";
import { Arrivals } from "./arrivals.ts";
import { ResultEvents } from "./result_events.ts";
import type { ResultEvent } from "./task_events.ts";
import type { TaskRun } from "./task_run.ts";

/** An item of a task, or the end of a task. */
export interface Arrival {
  /** The task. */
  readonly run: TaskRun;
  /** The item's position in its task; absent, the task has ended. */
  readonly position?: number;
}

/** Hears of every arrival and passes it on. */
export class ResultFeed {
  readonly #readers = new Set<Arrivals<Arrival>>();
  #events: ResultEvents | undefined;
  #isEnded = false;

  /** A task made an item, which is at this position. */
  item(run: TaskRun, position: number): void {
    for (const reader of this.#readers) reader.push({ run, position });
  }

  /** A task has ended. */
  settled(run: TaskRun): void {
    for (const reader of this.#readers) reader.push({ run });
  }

  /** A task told something. */
  told(event: ResultEvent): void {
    this.#events?.tell(event);
  }

  /** A task wrote something. */
  wrote({ taskId, engineId, stream, text }: Output): void {
    this.#events?.tell({ type: "output", taskId, engineId, stream, text });
  }

  /** Every task has ended. */
  end(): void {
    this.#isEnded = true;
    for (const reader of this.#readers) reader.end();
    this.#events?.end();
  }

  /** The events from now on, until every task has ended. */
  events(): AsyncIterableIterator<ResultEvent> {
    this.#events ??= new ResultEvents();
    if (this.#isEnded) this.#events.end();
    return this.#events.follow();
  }

  /**
   * Everything that has arrived and will arrive, in the order of arrival as
   * far as that is known.
   *
   * @param runs The tasks.
   * @param ended Those of them that have ended, in the order of arrival.
   */
  read(
    runs: readonly TaskRun[],
    ended: readonly TaskRun[],
  ): Arrivals<Arrival> & Disposable {
    const reader = new Arrivals<Arrival>();
    for (const run of runs) {
      for (let position = 0; position < run.itemsReceived; position++) {
        reader.push({ run, position });
      }
    }
    for (const run of ended) reader.push({ run });
    this.#readers.add(reader);
    if (this.#isEnded) reader.end();
    return Object.assign(reader, {
      [Symbol.dispose]: () => void this.#readers.delete(reader),
    });
  }
}
