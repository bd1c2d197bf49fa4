/**
 * How a cluster's load went over the last minutes. Pure.
 *
 * @module
 */
import { Deque } from "../base/mod.ts";
import type { StatusReply } from "../messages/mod.ts";

/** Samples that are kept: a quarter of an hour, one for each second. */
export const LOAD_SAMPLES_MAX = 900;

/** The load at one moment. */
export interface LoadSample {
  /** When, in milliseconds since the Unix epoch. */
  readonly atMs: number;
  /** Engines in the cluster. */
  readonly engines: number;
  /** Tasks at engines. */
  readonly running: number;
  /** Tasks that wait. */
  readonly queued: number;
  /** Tasks that ended in each second since the sample before. */
  readonly finishedPerSecond: number;
  /** Resident bytes of all processes. */
  readonly memoryBytes: number;
}

/** The last samples, oldest first. */
export class LoadHistory {
  readonly #samples = new Deque<LoadSample>();
  #last: LoadSample | undefined;
  #finished: number | undefined;

  /** The samples, oldest first. */
  get samples(): readonly LoadSample[] {
    return [...this.#samples];
  }

  /** Adds what a status says. */
  add(status: StatusReply, atMs: number): LoadSample {
    const before = this.#last;
    let [engines, running, queued, finished, memoryBytes] = [0, 0, 0, 0, 0];
    for (const one of status.processes) {
      memoryBytes += one.memoryBytes;
      if (one.role === "engine") engines++;
      if (one.role !== "scheduler") continue;
      running += one.running;
      queued += one.queued;
      finished += one.finished;
    }
    const elapsedMs = before === undefined ? 0 : atMs - before.atMs;
    const ended = Math.max(0, finished - (this.#finished ?? finished));
    this.#finished = finished;
    const sample: LoadSample = {
      atMs,
      engines,
      running,
      queued,
      finishedPerSecond: elapsedMs > 0 ? ended / elapsedMs * 1_000 : 0,
      memoryBytes,
    };
    this.#last = sample;
    this.#samples.push(sample);
    if (this.#samples.length > LOAD_SAMPLES_MAX) this.#samples.shift();
    return sample;
  }
}
