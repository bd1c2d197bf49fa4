/**
 * A job of a batch system.
 *
 * @module
 */
import { type Clock, ConnectionError, systemClock } from "../../base/mod.ts";
import type { BatchPoller } from "./batch_poller.ts";
import type { BatchState, BatchSystem } from "./batch_system.ts";
import type { Job, JobEnd, JobHandle, JobState } from "./launcher.ts";
import { tailOfFile } from "./tail_of_file.ts";

/** How long a job may take to end after it was told to. */
const STOP_TIMEOUT_MS = 15_000;

/** Options of {@linkcode BatchJob}. */
export interface BatchJobOptions {
  /** The system. */
  readonly system: BatchSystem;
  /** Asks it. */
  readonly poller: BatchPoller;
  /** Its id. */
  readonly id: string;
  /** The launch names of its engines. */
  readonly names: readonly string[];
  /** Where its words go. */
  readonly logFile: string;
  /** Time. @default systemClock */
  readonly clock?: Clock | undefined;
}

/** A job of a batch system, as that tells of it. */
export class BatchJob implements Job {
  /** Names it in messages. */
  readonly what: string;
  /** The launch names of its engines. */
  readonly names: readonly string[];
  /** What finds it again. */
  readonly handle: JobHandle;
  /** Its id. */
  readonly id: string;
  /** Where its words go. */
  readonly logFile: string;
  readonly #options: BatchJobOptions;
  readonly #end = Promise.withResolvers<JobEnd>();
  #state: JobState = { kind: "pending", reason: "not asked yet" };
  #isPolled = false;
  #stopping: Promise<JobEnd> | undefined;

  /** Knows a job; asks nothing before somebody wants to know its end. */
  constructor(options: BatchJobOptions) {
    const { system, id, names, logFile } = options;
    this.#options = options;
    this.id = id;
    this.logFile = logFile;
    this.names = names;
    this.what = `${system.title} job ${id}`;
    this.handle = { id, logFile };
  }

  /** How it is, as far as it has been asked. */
  get state(): JobState {
    return this.#state;
  }

  /** The last lines of its log, where that is to be seen from here. */
  get lastLines(): readonly string[] {
    return tailOfFile(this.#options.logFile);
  }

  /** Settles when it has ended. */
  get ended(): Promise<JobEnd> {
    if (!this.#isPolled) {
      this.#isPolled = true;
      this.#options.poller.add(this);
    }
    return this.#end.promise;
  }

  /** The last lines of its log. */
  outputTail(): Promise<readonly string[]> {
    return Promise.resolve(this.lastLines);
  }

  /** Sends a signal, where the system can. */
  async signal(signal: Deno.Signal): Promise<void> {
    const { system, poller } = this.#options;
    if (system.signal === undefined) {
      throw new ConnectionError(
        `Cannot send ${signal} to ${this.what}: ${system.title} sends no signals; SIGINT reaches its engines by way of the hub`,
      );
    }
    const command = system.signal(this.id, signal);
    await poller.command(`send ${signal} to ${this.what}`, command);
  }

  /** Has the system end it. */
  stop(): Promise<JobEnd> {
    return this.#stopping ??= this.#stop();
  }

  /** Asks about it no more. */
  release(): void {
    this.#options.poller.remove(this);
  }

  /** Hears how it is. */
  heard(state: BatchState): void {
    if (state.kind === "ended") this.#ended({ reason: state.reason });
    else this.#state = state;
  }

  async #stop(): Promise<JobEnd> {
    const { poller, clock = systemClock } = this.#options;
    if (this.#state.kind === "ended") return this.#state.end;
    void this.ended;
    try {
      await poller.cancel(this.id);
    } catch {
      // Most likely it has ended by itself; the next question tells.
    }
    poller.hurry();
    const timer = clock.setTimer(
      STOP_TIMEOUT_MS,
      () => this.#ended({ reason: "was told to end, and is listed still" }),
    );
    const end = await this.#end.promise;
    timer.cancel();
    return end;
  }

  #ended(end: JobEnd): void {
    if (this.#state.kind === "ended") return;
    this.#state = { kind: "ended", end };
    this.#options.poller.remove(this);
    this.#end.resolve(end);
  }
}
