/**
 * A process on this machine that outlives the program that started it.
 *
 * @module
 */
import { type Clock, ConnectionError, systemClock } from "../../base/mod.ts";
import type { Job, JobEnd, JobHandle, JobState } from "./launcher.ts";
import {
  isAlive,
  type ProcessIdentity,
  signalProcess,
} from "./process_identity.ts";
import { tailOfFile } from "./tail_of_file.ts";

/** How often to look whether a process of somebody else still runs. */
const LOOK_INTERVAL_MS = 100;
/** Time to stop after SIGTERM; SIGKILL follows. */
const TERM_GRACE_MS = 3_000;
/** Time for the kernel to bury it after SIGKILL. */
const KILL_GRACE_MS = 2_000;

/** Options of {@linkcode ProcessJob}. */
export interface ProcessJobOptions {
  /** Names it in messages. */
  readonly what: string;
  /** The process. */
  readonly identity: ProcessIdentity;
  /** The launch names of its engines. */
  readonly names: readonly string[];
  /** Where what it says goes to, if to a file. */
  readonly logFile?: string | undefined;
  /** Time. @default systemClock */
  readonly clock?: Clock;
}

/** A process that is known by its number and its start time. */
export class ProcessJob implements Job {
  /** Names it in messages. */
  readonly what: string;
  /** The launch names of its engines. */
  readonly names: readonly string[];
  /** What finds it again. */
  readonly handle: JobHandle;
  readonly #options: ProcessJobOptions;
  readonly #clock: Clock;
  #ended: Promise<JobEnd> | undefined;
  #stopping: Promise<JobEnd> | undefined;
  #isReleased = false;

  /** Knows a process; sends it nothing. */
  constructor(options: ProcessJobOptions) {
    const { identity, logFile } = options;
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.what = options.what;
    this.names = options.names;
    this.handle = logFile === undefined
      ? { ...identity }
      : { ...identity, logFile };
  }

  /** How it is. */
  get state(): JobState {
    return this.#isAlive()
      ? { kind: "running" }
      : { kind: "ended", end: { reason: "has ended" } };
  }

  /** The last lines of its log. */
  get lastLines(): readonly string[] {
    const { logFile } = this.#options;
    return logFile === undefined ? [] : tailOfFile(logFile);
  }

  /** Settles when it has ended, or was released. */
  get ended(): Promise<JobEnd> {
    return this.#ended ??= this.#untilEnded();
  }

  /** The last lines of its log. */
  outputTail(): Promise<readonly string[]> {
    return Promise.resolve(this.lastLines);
  }

  /** Sends a signal. */
  // deno-lint-ignore require-await -- what it throws becomes a rejection
  async signal(signal: Deno.Signal): Promise<void> {
    sendSignal(this.what, this.#options.identity, signal);
  }

  /** Asks by SIGTERM, insists by SIGKILL. */
  stop(): Promise<JobEnd> {
    return this.#stopping ??= this.#stop();
  }

  /** Stops looking at it. */
  release(): void {
    this.#isReleased = true;
  }

  #isAlive(): boolean {
    return isAlive(this.#options.identity);
  }

  async #untilEnded(): Promise<JobEnd> {
    while (!this.#isReleased && this.#isAlive()) await this.#pause();
    return { reason: "has ended" };
  }

  async #stop(): Promise<JobEnd> {
    for (
      const [signal, graceMs] of [
        ["SIGTERM", TERM_GRACE_MS],
        ["SIGKILL", KILL_GRACE_MS],
      ] as const
    ) {
      signalProcess(this.#options.identity, signal);
      const deadlineMs = this.#clock.monotonic() + graceMs;
      while (this.#isAlive() && this.#clock.monotonic() < deadlineMs) {
        await this.#pause();
      }
      if (!this.#isAlive()) return { reason: "was stopped" };
    }
    return { reason: "does not end, even after SIGKILL" };
  }

  #pause(): Promise<void> {
    return new Promise((resolve) =>
      this.#clock.setTimer(LOOK_INTERVAL_MS, resolve)
    );
  }
}

/**
 * Sends a signal to a process.
 *
 * @throws {ConnectionError} when it has ended.
 */
export function sendSignal(
  what: string,
  identity: ProcessIdentity,
  signal: Deno.Signal,
): void {
  if (signalProcess(identity, signal)) return;
  throw new ConnectionError(
    `Cannot send ${signal} to ${what}: process ${identity.pid} has ended`,
  );
}
