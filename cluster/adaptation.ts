/**
 * Keeps the number of engines fit for the work there is.
 *
 * @module
 */
import {
  type Clock,
  ConnectionError,
  systemClock,
  type Timer,
  toError,
} from "../base/mod.ts";
import type { ProcessStatus } from "../messages/mod.ts";
import {
  adapt,
  type AdaptDecision,
  type AdaptRules,
  type EngineLoad,
} from "./scale_policy.ts";

/** Options of `Cluster.adapt`. */
export interface AdaptOptions {
  /** Fewest engines. @default 0 */
  readonly min?: number;
  /** Most engines. */
  readonly max: number;
  /** Time without work after which an engine goes. @default 30_000 */
  readonly idleMs?: number;
  /** Tasks for each slot before another engine starts. @default 1 */
  readonly tasksPerSlot?: number;
  /** How often to look. @default 1_000 */
  readonly intervalMs?: number;
  /** Hears of engines that could not be started or stopped. */
  readonly onError?: (error: Error) => void;
  /** Time. @default systemClock */
  readonly clock?: Clock;
}

const IDLE_MS = 30_000;
const INTERVAL_MS = 1_000;
/** Longest wait after failures. */
const BACKOFF_MS_MAX = 60_000;

/** What an adaptation needs of its cluster. */
export interface AdaptActions {
  /** How everybody is. */
  status(): Promise<readonly ProcessStatus[]>;
  /** How many engines were started and are not there yet. */
  starting(): number;
  /** Starts engines; settles when they are there. */
  start(n: number): Promise<void>;
  /** Stops those of these engines that have nothing to do. */
  stop(ids: readonly number[]): Promise<void>;
}

/** An adaptation that goes on until it is stopped. */
export class Adaptation implements Disposable {
  readonly #actions: AdaptActions;
  readonly #options: AdaptOptions;
  readonly #rules: AdaptRules;
  readonly #clock: Clock;
  readonly #idleSinceMs = new Map<number, number>();
  #timer: Timer | undefined;
  #failures = 0;
  #isStopped = false;

  /**
   * Begins; clusters do.
   *
   * @throws {RangeError} when a number is out of range.
   */
  constructor(options: AdaptOptions, actions: AdaptActions) {
    const { min = 0, max, tasksPerSlot = 1, idleMs = IDLE_MS } = options;
    const isCount = Number.isInteger(min) && Number.isInteger(max);
    if (!isCount || min < 0 || max < Math.max(1, min)) {
      throw new RangeError(
        `Cannot keep from ${min} to ${max} engines: whole numbers are needed, the second at least 1 and not below the first`,
      );
    }
    if (!(tasksPerSlot > 0) || !(idleMs >= 0)) {
      throw new RangeError(
        `Cannot adapt with ${tasksPerSlot} tasks for a slot and ${idleMs} ms: positive numbers are needed`,
      );
    }
    this.#options = options;
    this.#actions = actions;
    this.#rules = { min, max, tasksPerSlot, idleMs };
    this.#clock = options.clock ?? systemClock;
    this.#schedule(0);
  }

  /** Ends it; the engines stay as they are. */
  stop(): void {
    this.#isStopped = true;
    this.#timer?.cancel();
  }

  /** Ends it. */
  [Symbol.dispose](): void {
    this.stop();
  }

  #schedule(delayMs: number): void {
    if (this.#isStopped) return;
    this.#timer = this.#clock.setTimer(delayMs, () => void this.#round());
  }

  async #round(): Promise<void> {
    try {
      this.#perform(this.#decide(await this.#actions.status()));
    } catch (error) {
      this.#failed(error);
    }
    const intervalMs = this.#options.intervalMs ?? INTERVAL_MS;
    // Where nothing can be started, trying each second helps nobody.
    const delayMs = intervalMs * 2 ** Math.min(this.#failures, 10);
    this.#schedule(Math.min(delayMs, Math.max(intervalMs, BACKOFF_MS_MAX)));
  }

  #decide(processes: readonly ProcessStatus[]): AdaptDecision {
    const nowMs = this.#clock.monotonic();
    const engines = processes.filter(({ role }) => role === "engine")
      .map((process) => this.#load(process, nowMs));
    const known = new Set(engines.map(({ engineId }) => engineId));
    for (const id of this.#idleSinceMs.keys()) {
      if (!known.has(id)) this.#idleSinceMs.delete(id);
    }
    // A scheduler counts what it has sent on; engines count it as well.
    const all = processes.filter(({ role }) => role === "scheduler")
      .reduce((sum, { running, queued }) => sum + running + queued, 0);
    const there = engines.reduce((sum, { tasks }) => sum + tasks, 0);
    const waiting = Math.max(0, all - there);
    const starting = this.#actions.starting();
    return adapt({ engines, starting, waiting }, this.#rules);
  }

  #load(process: ProcessStatus, nowMs: number): EngineLoad {
    const { engineId, slots } = process;
    const tasks = process.running + process.queued;
    const sinceMs = this.#idleSinceMs.get(engineId) ?? nowMs;
    if (tasks === 0) this.#idleSinceMs.set(engineId, sinceMs);
    else this.#idleSinceMs.delete(engineId);
    return {
      engineId,
      slots,
      tasks,
      idleMs: tasks === 0 ? nowMs - sinceMs : 0,
    };
  }

  /** Acts; the next look does not wait for engines that take long to start. */
  #perform({ start, stop }: AdaptDecision): void {
    const work: Promise<void>[] = [];
    if (start > 0) work.push(this.#actions.start(start));
    if (stop.length > 0) work.push(this.#actions.stop(stop));
    if (work.length === 0) return;
    void Promise.all(work).then(
      () => void (this.#failures = 0),
      (error) => this.#failed(error),
    );
  }

  #failed(thrown: unknown): void {
    if (this.#isStopped) return;
    this.#failures++;
    this.#options.onError?.(
      new ConnectionError(`Cannot adapt: ${toError(thrown).message}`, {
        cause: thrown,
      }),
    );
  }
}
