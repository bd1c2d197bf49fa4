/**
 * Processes on this machine that end with the one that started them.
 *
 * @module
 */
import {
  type Clock,
  ConnectionError,
  systemClock,
  type Timer,
  utf8,
} from "../../base/mod.ts";
import { allocatorEnvironment } from "./allocator_environment.ts";
import { LogFile } from "./log_file.ts";
import { OutputTail } from "./output_tail.ts";
import { EXECUTABLE_VARIABLE } from "./self_command.ts";

/**
 * Set to `1` for a process that must stop when its standard input ends: the
 * kernel closes that pipe however its starter ends.
 */
export const PARENT_PIPE_VARIABLE = "IPPD_PARENT_PIPE";

/**
 * What a starter writes into that pipe before it closes it, when the process
 * shall go on.
 */
export const DETACH_LINE = "detach\n";

/** Time for a process to stop after its standard input has ended. */
export const PIPE_GRACE_MS = 3_000;
/** Time for a process to stop after SIGTERM; SIGKILL follows. */
export const TERM_GRACE_MS = 2_000;
/** Time for output to arrive after the end: others may hold the pipe open. */
export const OUTPUT_GRACE_MS = 250;

/** What to start. */
export interface LocalProcessOptions {
  /** Names the process in messages and files, such as `engine`. */
  readonly what: string;
  /** Program, then arguments. */
  readonly command: readonly string[];
  /** Variables besides those of this process. */
  readonly environment?: Readonly<Record<string, string>>;
  /**
   * Where a file goes with what it says to nobody else: standard error, and
   * standard output without `onStdout`. Absent, there is none.
   */
  readonly logFolder?: string | undefined;
  /** Takes each line of standard output. */
  readonly onStdout?: (line: string) => void;
  /** Takes each line of standard error. */
  readonly onStderr?: (line: string) => void;
  /** Time. @default systemClock */
  readonly clock?: Clock;
  /** Time to stop after the end of input. @default PIPE_GRACE_MS */
  readonly pipeGraceMs?: number;
  /** Time to stop after SIGTERM. @default TERM_GRACE_MS */
  readonly termGraceMs?: number;
}

/** How a process ended. */
export interface ProcessEnd {
  /** Its exit code; 128 and more after a signal. */
  readonly code: number;
  /** The signal that ended it, if one did. */
  readonly signal: string | undefined;
}

/** A process on this machine. */
export class LocalProcess implements AsyncDisposable {
  /** Names the process in messages. */
  readonly what: string;
  /** Its id. */
  readonly pid: number;
  /** Settles when it has ended and its output has been read; never rejects. */
  readonly ended: Promise<ProcessEnd>;

  readonly #child: Deno.ChildProcess;
  readonly #clock: Clock;
  readonly #options: LocalProcessOptions;
  readonly #stderr: OutputTail;
  #release: () => void = () => {};
  #end: ProcessEnd | undefined;
  #stopping: Promise<ProcessEnd> | undefined;

  /**
   * Starts a process.
   *
   * @throws {ConnectionError} when the program is missing or cannot be run.
   */
  constructor(options: LocalProcessOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.what = options.what;
    this.#child = spawn(options);
    this.pid = this.#child.pid;
    this.#stderr = new OutputTail(options.onStderr);
    this.ended = this.#watch();
  }

  /** How it ended; `undefined` while it runs. */
  get end(): ProcessEnd | undefined {
    return this.#end;
  }

  /** The last lines of standard error, oldest first. */
  get stderrTail(): readonly string[] {
    return this.#stderr.lines;
  }

  /**
   * Stops it: ends its standard input, then asks by SIGTERM, then insists by
   * SIGKILL. Settles when it has ended.
   */
  stop(): Promise<ProcessEnd> {
    return this.#stopping ??= this.#stop();
  }

  /**
   * Lets it go on when this program ends. What it says from now on is lost.
   */
  async release(): Promise<void> {
    if (this.#end !== undefined || this.#stopping !== undefined) return;
    const writer = this.#child.stdin.getWriter();
    try {
      await writer.write(utf8(DETACH_LINE));
      await writer.close();
    } catch {
      // It ended a moment ago.
    }
    this.#child.unref();
    this.#release();
    await this.ended;
  }

  /** Ends it at once. */
  kill(): void {
    if (this.#end === undefined) this.#signal("SIGKILL");
  }

  /** Stops it. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  async #stop(): Promise<ProcessEnd> {
    const { pipeGraceMs, termGraceMs } = this.#options;
    const insist = (signal: Deno.Signal, delayMs: number): Timer =>
      this.#clock.setTimer(delayMs, () => this.#signal(signal));
    const pipeMs = pipeGraceMs ?? PIPE_GRACE_MS;
    const term = insist("SIGTERM", pipeMs);
    const kill = insist("SIGKILL", pipeMs + (termGraceMs ?? TERM_GRACE_MS));
    await this.#closeInput();
    const end = await this.ended;
    term.cancel();
    kill.cancel();
    return end;
  }

  async #closeInput(): Promise<void> {
    try {
      await this.#child.stdin.close();
    } catch {
      // The process has ended, or has closed it itself.
    }
  }

  #signal(signal: Deno.Signal): void {
    try {
      this.#child.kill(signal);
    } catch {
      // It ended a moment ago.
    }
  }

  async #watch(): Promise<ProcessEnd> {
    const { stdout, stderr, status } = this.#child;
    const log = this.#logFile();
    const out = stdout.getReader();
    const err = stderr.getReader();
    const { onStdout } = this.#options;
    const pumps = Promise.all([
      pump(out, new OutputTail(onStdout), onStdout ? undefined : log),
      pump(err, this.#stderr, log),
    ]);
    const released = new Promise<"released">((resolve) => {
      this.#release = () => resolve("released");
    });
    const end = await Promise.race([status, released]);
    if (end === "released") {
      await Promise.all([out.cancel(), err.cancel(), pumps]);
      log?.close();
      return { code: 0, signal: undefined };
    }
    const { code, signal } = end;
    const timer = this.#clock.setTimer(OUTPUT_GRACE_MS, () => {
      void out.cancel();
      void err.cancel();
    });
    await pumps;
    timer.cancel();
    log?.close();
    await this.#closeInput();
    this.#end = { code, signal: signal ?? undefined };
    return this.#end;
  }

  #logFile(): LogFile | undefined {
    const { logFolder } = this.#options;
    return logFolder === undefined ? undefined : new LogFile({
      folder: logFolder,
      name: `${this.what}-${this.pid}.log`,
    });
  }
}

function spawn(options: LocalProcessOptions): Deno.ChildProcess {
  const [program = "", ...args] = options.command;
  const command = new Deno.Command(program, {
    args,
    env: {
      ...allocatorEnvironment(),
      ...options.environment,
      [PARENT_PIPE_VARIABLE]: "1",
    },
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  });
  try {
    return command.spawn();
  } catch (cause) {
    // The program that asks says what to do about it.
    if (cause instanceof Deno.errors.NotCapable) throw cause;
    throw new ConnectionError(
      `Cannot start ${options.what}: ${program} does not run; install it, or name the executable in ${EXECUTABLE_VARIABLE}`,
      { cause },
    );
  }
}

/** Reads to the end. */
async function pump(
  reader: ReadableStreamDefaultReader<Uint8Array>,
  tail: OutputTail,
  log: LogFile | undefined,
): Promise<void> {
  try {
    for (;;) {
      const { value, done } = await reader.read();
      if (done) break;
      tail.push(value);
      log?.write(value);
    }
  } catch {
    // A pipe that breaks has no more to say.
  }
  tail.end();
}
