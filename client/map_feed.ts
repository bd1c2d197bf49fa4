/**
 * Submits the tasks of a map as its inputs are read and its tasks end.
 *
 * @module
 */
import { CancelledError, toError } from "../base/mod.ts";
import type { ChunkPolicy } from "./chunk_policy.ts";
import type { RowBatch, RowReader } from "./map_source.ts";
import { type RunFeed, RunSet } from "./run_set.ts";
import type { TaskRun } from "./task_run.ts";

/** A task that was submitted. */
export interface SubmittedChunk {
  /** The task. */
  readonly run: TaskRun;
  /** Bytes of its payload. */
  readonly bytes: number;
}

/** Options of {@linkcode MapFeed}. */
export interface MapFeedOptions {
  /** The inputs. */
  readonly rows: RowReader;
  /** How many of them make a task. */
  readonly policy: ChunkPolicy;
  /** Submits a task. */
  readonly submit: (batch: RowBatch) => SubmittedChunk;
}

/** Feeds a set of tasks until its inputs end, fail, or are not wanted. */
export class MapFeed implements RunFeed {
  /** The tasks. */
  readonly set: RunSet;
  readonly #options: MapFeedOptions;
  readonly #items = new Map<TaskRun, number>();

  /** Starts at once. */
  constructor(options: MapFeedOptions) {
    this.#options = options;
    this.set = new RunSet([], this);
    this.set.listen({ settled: (run) => this.#settled(run) });
    void this.#pump();
  }

  /** No more tasks are wanted. */
  stop(reason: string): void {
    this.set.close(new CancelledError(`The map was cancelled: ${reason}`));
  }

  async #pump(): Promise<void> {
    const { rows, policy } = this.#options;
    let problem: Error | undefined;
    try {
      while (this.set.isOpen) {
        if (this.#items.size >= policy.outstandingMax) {
          await this.set.whenChanged();
          continue;
        }
        const read = rows.read(policy.next(rows.remaining));
        const batch = read instanceof Promise ? await read : read;
        if (!this.set.isOpen) break;
        if (batch.length > 0) this.#submit(batch);
        if (batch.isLast) break;
      }
    } catch (thrown) {
      problem = toError(thrown);
    }
    // An input that does not end is not waited for.
    void rows.close();
    this.set.close(problem);
  }

  #submit(batch: RowBatch): void {
    const { run, bytes } = this.#options.submit(batch);
    this.#options.policy.sent(batch.length, bytes);
    if (!run.done) this.#items.set(run, batch.length);
    this.set.add(run);
  }

  #settled(run: TaskRun): void {
    const items = this.#items.get(run);
    if (items === undefined) return;
    this.#items.delete(run);
    const { startedMs, completedMs } = run;
    if (startedMs === undefined || completedMs === undefined) return;
    this.#options.policy.ran(items, completedMs - startedMs);
  }
}
