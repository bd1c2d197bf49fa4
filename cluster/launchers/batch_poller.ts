/**
 * Asks a batch system how jobs are: one question for all of them.
 *
 * @module
 */
import {
  type Clock,
  ConnectionError,
  systemClock,
  type Timer,
  toError,
} from "../../base/mod.ts";
import type { BatchState, BatchSystem } from "./batch_system.ts";
import { expectSuccess, type RunProgram, runProgram } from "./run_program.ts";

/** How often to ask. */
export const POLL_INTERVAL_MS = 1_000;
/** A job that is submitted and not yet listed is given so many questions. */
const UNSEEN_POLLS_MAX = 5;

/** A job that wants to know how it is. */
export interface PolledJob {
  /** Its id. */
  readonly id: string;
  /** Hears how it is. */
  heard(state: BatchState): void;
}

/** Options of {@linkcode BatchPoller}. */
export interface BatchPollerOptions {
  /** The system. */
  readonly system: BatchSystem;
  /** How often to ask. @default POLL_INTERVAL_MS */
  readonly pollIntervalMs?: number | undefined;
  /** Runs its commands. @default runProgram */
  readonly run?: RunProgram | undefined;
  /** Time. @default systemClock */
  readonly clock?: Clock | undefined;
}

/** Asks for as long as there are jobs. */
export class BatchPoller {
  readonly #system: BatchSystem;
  readonly #run: RunProgram;
  readonly #clock: Clock;
  readonly #intervalMs: number;
  readonly #jobs = new Map<PolledJob, number>();
  readonly #cancelled = new Set<string>();
  #cancelling: Promise<void> | undefined;
  #timer: Timer | undefined;
  #isAsking = false;

  /** Asks nothing before there is a job. */
  constructor(options: BatchPollerOptions) {
    this.#system = options.system;
    this.#run = options.run ?? runProgram;
    this.#clock = options.clock ?? systemClock;
    this.#intervalMs = options.pollIntervalMs ?? POLL_INTERVAL_MS;
  }

  /** Asks about a job from now on. */
  add(job: PolledJob): void {
    this.#jobs.set(job, 0);
    if (this.#timer === undefined && !this.#isAsking) this.#schedule();
  }

  /** Asks about a job no more. */
  remove(job: PolledJob): void {
    this.#jobs.delete(job);
    if (this.#jobs.size > 0) return;
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  /** Asks as soon as possible. */
  hurry(): void {
    if (this.#isAsking || this.#jobs.size === 0) return;
    this.#timer?.cancel();
    this.#timer = this.#clock.setTimer(0, () => void this.#ask());
  }

  /**
   * Ends a job; jobs that are ended in one moment are ended by one command.
   *
   * @throws {ConnectionError} when the system refuses.
   */
  cancel(id: string): Promise<void> {
    this.#cancelled.add(id);
    return this.#cancelling ??= Promise.resolve().then(async () => {
      const ids = [...this.#cancelled];
      this.#cancelled.clear();
      this.#cancelling = undefined;
      await this.command("end jobs", this.#system.cancel(ids));
    });
  }

  /**
   * Runs a command of the system.
   *
   * @throws {ConnectionError} when it fails.
   */
  async command(
    purpose: string,
    command: readonly string[],
    input?: string,
  ): Promise<string> {
    const options = {
      purpose: `${purpose} by ${this.#system.title}`,
      ...(input !== undefined && { input }),
    };
    const result = await this.#run(command, options);
    return expectSuccess(command, options, result);
  }

  #schedule(): void {
    this.#timer = this.#clock.setTimer(
      this.#intervalMs,
      () => void this.#ask(),
    );
  }

  async #ask(): Promise<void> {
    this.#timer = undefined;
    this.#isAsking = true;
    const asked = [...this.#jobs.keys()];
    const states = await this.#states(asked.map(({ id }) => id));
    if (states !== undefined) {
      for (const job of asked) this.#tell(job, states.get(job.id));
    }
    this.#isAsking = false;
    if (this.#jobs.size > 0 && this.#timer === undefined) this.#schedule();
  }

  /** How jobs are; `undefined` when the system does not answer now. */
  async #states(
    ids: readonly string[],
  ): Promise<ReadonlyMap<string, BatchState> | undefined> {
    const { title, listsNothing } = this.#system;
    const command = this.#system.list(ids);
    const purpose = `ask ${title} how jobs are`;
    try {
      const result = await this.#run(command, { purpose });
      if (result.code !== 0 && listsNothing?.(result.stderr) === true) {
        return new Map();
      }
      return this.#system.listed(expectSuccess(command, { purpose }, result));
    } catch (error) {
      // A system that is busy or restarts says nothing of the jobs.
      if (toError(error) instanceof ConnectionError) return undefined;
      throw error;
    }
  }

  #tell(job: PolledJob, state: BatchState | undefined): void {
    const polls = this.#jobs.get(job);
    if (polls === undefined) return;
    if (state !== undefined) {
      this.#jobs.set(job, UNSEEN_POLLS_MAX);
      job.heard(state);
    } else if (polls < UNSEEN_POLLS_MAX) {
      this.#jobs.set(job, polls + 1);
    } else {
      const reason = "has ended, and its system has forgotten how";
      job.heard({ kind: "ended", reason });
    }
  }
}
