/**
 * A process on this machine that ends with this program.
 *
 * @module
 */
import { LocalProcess, type LocalProcessOptions } from "../process/mod.ts";
import type { Job, JobEnd, JobHandle, JobState } from "./launcher.ts";
import { identifyProcess, type ProcessIdentity } from "./process_identity.ts";
import { sendSignal } from "./process_job.ts";

/** A process that ends when this program does. */
export class LocalJob implements Job {
  /** Names it in messages. */
  readonly what: string;
  /** The launch names of its engines. */
  readonly names: readonly string[];
  /** What finds it again. */
  readonly handle: JobHandle;
  /** Settles when it has ended; never rejects. */
  readonly ended: Promise<JobEnd>;
  readonly #process: LocalProcess;
  readonly #identity: ProcessIdentity;

  /**
   * Starts it.
   *
   * @throws {ConnectionError} when the program cannot be run.
   */
  constructor(options: LocalProcessOptions, names: readonly string[]) {
    this.#process = new LocalProcess(options);
    this.what = options.what;
    this.names = names;
    const { pid } = this.#process;
    this.#identity = identifyProcess(pid) ?? { pid, startTime: "" };
    this.handle = { ...this.#identity };
    this.ended = this.#process.ended.then(processEnd);
  }

  /** How it is. */
  get state(): JobState {
    const { end } = this.#process;
    return end === undefined
      ? { kind: "running" }
      : { kind: "ended", end: processEnd(end) };
  }

  /** The last lines of standard error. */
  get lastLines(): readonly string[] {
    return this.#process.stderrTail;
  }

  /** The last lines of standard error. */
  outputTail(): Promise<readonly string[]> {
    return Promise.resolve(this.lastLines);
  }

  /** Sends a signal. */
  // deno-lint-ignore require-await -- what it throws becomes a rejection
  async signal(signal: Deno.Signal): Promise<void> {
    sendSignal(this.what, this.#identity, signal);
  }

  /** Ends its standard input, then asks, then insists. */
  async stop(): Promise<JobEnd> {
    return processEnd(await this.#process.stop());
  }

  /** Lets it go on without this program. */
  release(): Promise<void> {
    return this.#process.release();
  }
}

/** How a process of this machine ended, for people. */
export function processEnd(
  end: { readonly code: number; readonly signal: string | undefined },
): JobEnd {
  const { code, signal } = end;
  return signal === undefined
    ? { reason: `ended with code ${code}`, code }
    : { reason: `ended with ${signal}`, code, signal };
}
