/**
 * Ends the slots when their supervisor is killed. A busy slot cannot see its
 * socket close, so somebody else has to look: one shell that reads a pipe
 * from the supervisor until it ends, and then kills the process groups it was
 * told of last.
 *
 * @module
 */
import { type LimitTally, type Logger, utf8 } from "../base/mod.ts";

// Each line is the whole list. The signals are those that a terminal or a
// batch system sends to everybody; the pipe alone decides.
const SCRIPT = `trap '' HUP INT QUIT TERM
last=
while read -r line; do last=$line; done
for group in $last; do kill -s KILL -- "-$group"; done
rm -f "$1/s" "$1"/deno.lock* && rmdir "$1"`;

/** How often a guard that ended is replaced. */
export const GUARD_RESTARTS_MAX = 5;

/** Options of {@linkcode SlotGuard}. */
export interface SlotGuardOptions {
  /** Hears when there is no guard. */
  readonly log: Logger;
  /** The folder with the supervisor's socket `s` and its lock file, removed at the end. */
  readonly folder: string;
  /** The shell. @default "sh" */
  readonly shell?: string;
  /** Counts limits that are reached. */
  readonly tally?: LimitTally | undefined;
}

/** The process that outlives the supervisor by a moment. */
export class SlotGuard {
  readonly #options: SlotGuardOptions;
  #process: Deno.ChildProcess | undefined;
  #pipe: WritableStreamDefaultWriter<Uint8Array> | undefined;
  #groups: readonly number[] = [];
  #restarts = 0;
  #closed = false;
  #ended: Promise<void> = Promise.resolve();

  /** Starts the guard, with nobody to kill. */
  constructor(options: SlotGuardOptions) {
    this.#options = options;
    this.#start();
  }

  /** The guard's process id, if there is one. */
  get pid(): number | undefined {
    return this.#process?.pid;
  }

  /**
   * Names the process groups that must not outlive this process. When the
   * promise settles they are safe, as far as there is a guard.
   */
  async watch(groups: readonly number[]): Promise<void> {
    this.#groups = groups;
    await this.#tell();
  }

  /** Ends the guard: what it still watches is killed, the folder removed. */
  async close(): Promise<void> {
    this.#closed = true;
    try {
      await this.#pipe?.close();
    } catch {
      // The guard has gone before us, which is as good.
    }
    await this.#ended;
  }

  #start(): void {
    try {
      this.#process = new Deno.Command(this.#options.shell ?? "sh", {
        args: ["-c", SCRIPT, "ippd-guard", this.#options.folder],
        stdin: "piped",
        stdout: "null",
        stderr: "null",
        // Whoever kills our process group must not kill the guard first.
        detached: true,
        cwd: "/",
      }).spawn();
    } catch (error) {
      this.#options.log.warn(
        "no guard: busy slots will outlive a killed engine",
        { error },
      );
      return;
    }
    this.#pipe = this.#process.stdin.getWriter();
    this.#ended = this.#restartWhenEnded(this.#process, this.#pipe);
  }

  async #restartWhenEnded(
    process: Deno.ChildProcess,
    pipe: WritableStreamDefaultWriter<Uint8Array>,
  ): Promise<void> {
    await process.status;
    if (this.#closed) return;
    this.#process = this.#pipe = undefined;
    await pipe.abort().catch(() => {});
    if (++this.#restarts > GUARD_RESTARTS_MAX) {
      this.#options.tally?.reached("GUARD_RESTARTS_MAX");
      this.#options.log.warn("no guard: it ended too often");
      return;
    }
    this.#start();
    await this.#tell();
  }

  async #tell(): Promise<void> {
    try {
      await this.#pipe?.write(utf8(`${this.#groups.join(" ")}\n`));
    } catch {
      // It ended: its successor is told when it starts.
    }
  }
}
