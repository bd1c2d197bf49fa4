/**
 * The scheduler of a controller: a child process that is started again, on
 * the same port and with the same keys, when it ends before its time.
 *
 * @module
 */
import { dirname } from "node:path";
import { type Logger, systemClock } from "../base/mod.ts";
import {
  removeDeadSockets,
  SCHEDULER_FOLDER_VARIABLE,
} from "../cluster/files/mod.ts";
import {
  LocalProcess,
  type ProcessEnd,
  selfCommand,
} from "../cluster/process/mod.ts";
import {
  CONNECTION_INFO_VARIABLE,
  formatConnectionInfo,
  type KeyPairText,
} from "../security/mod.ts";
import { CliError, EXIT } from "./exit_codes.ts";
import type { HubHost } from "./hub_host.ts";
import { RestartPolicy } from "./restart_policy.ts";

/** The environment variable with the scheduler's keys, as JSON. */
export const SCHEDULER_KEYS_VARIABLE = "IPPD_SCHEDULER_KEYS";

/** Time for the hub to end after a scheduler that it may have stopped. */
const HUB_END_GRACE_MS = 2_000;

/** Options of {@linkcode SupervisedScheduler}. */
export interface SupervisedSchedulerOptions {
  /** What people call it. */
  readonly what: "scheduler" | "leaf";
  /** The hub that it belongs to. */
  readonly host: HubHost;
  /** Arguments of `ippd scheduler`, without the port. */
  readonly args: readonly string[];
  /** The port of its first start; 0 is any. */
  readonly port: number;
  /** Its keys. */
  readonly keys: KeyPairText;
  /** Takes each line of standard error but its last words. */
  readonly onStderr: (line: string) => void;
  /** Where to say what happened. */
  readonly log: Logger;
}

/** One scheduler, whichever process it is. */
export class SupervisedScheduler implements AsyncDisposable {
  /**
   * Settles with the reason when hub and scheduler have ended; rejects when
   * the scheduler cannot be kept alive.
   */
  readonly ended: Promise<string>;

  readonly #options: SupervisedSchedulerOptions;
  readonly #policy = new RestartPolicy();
  #process: LocalProcess;
  #isStopping = false;

  /** Starts it. */
  constructor(options: SupervisedSchedulerOptions) {
    this.#options = options;
    this.#process = this.#start(options.port);
    this.ended = this.#supervise();
    // Who stops it does not look at how it ended.
    this.ended.catch(() => {});
  }

  /** Ends it. */
  async stop(): Promise<void> {
    this.#isStopping = true;
    await this.#process.stop();
    await this.#removeSocket();
  }

  /** Ends it. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  #start(port: number): LocalProcess {
    const { host, args, keys, onStderr } = this.#options;
    return new LocalProcess({
      what: this.#options.what,
      command: selfCommand("scheduler", [...args, "--port", String(port)]),
      environment: {
        [CONNECTION_INFO_VARIABLE]: formatConnectionInfo(host.infos.scheduler),
        [SCHEDULER_KEYS_VARIABLE]: JSON.stringify(keys),
        [SCHEDULER_FOLDER_VARIABLE]: dirname(host.paths.scheduler),
      },
      onStderr(line) {
        // Its last words become part of ours.
        if (!line.startsWith("ippd: ")) onStderr(line);
      },
    });
  }

  async #supervise(): Promise<string> {
    const { host, keys, log } = this.#options;
    for (;;) {
      const end = await this.#process.ended;
      await this.#removeSocket();
      const reason = await this.#endOfHub(end);
      if (reason !== undefined) return reason;
      if (this.#isStopping) return "the scheduler was stopped";
      const port = host.hub.schedulerPort(keys.publicKey) ??
        this.#portOfUnheard(end);
      const pauseMs = port === undefined
        ? undefined
        : this.#policy.next(systemClock.monotonic());
      // One that never worked would not work the next time either.
      if (port === undefined || pauseMs === undefined) {
        throw schedulerError(this.#options.what, this.#process, end);
      }
      log.warn(`${this.#options.what} ended, it is started again`, {
        process: this.#process.pid,
        how: end.signal ?? `code ${end.code}`,
      });
      await pause(pauseMs);
      if (this.#isStopping) return "the scheduler was stopped";
      this.#process = this.#start(port);
    }
  }

  /** One that was killed could not. */
  async #removeSocket(): Promise<void> {
    const { infos, paths } = this.#options.host;
    const { clusterId } = infos.scheduler;
    const only = { clusterId, role: "scheduler" } as const;
    await removeDeadSockets(dirname(paths.scheduler), only);
  }

  /**
   * The port of one that the hub has not heard of, where another is worth a
   * try: it was killed, or it takes the place of one that did work, and whose
   * last process may not have let go of the port yet.
   */
  #portOfUnheard({ signal }: ProcessEnd): number | undefined {
    const { host, port } = this.#options;
    return signal !== undefined || host.state.schedulerPort > 0
      ? port
      : undefined;
  }

  /** A scheduler that ends well may have been stopped by the hub. */
  async #endOfHub(end: ProcessEnd): Promise<string | undefined> {
    if (end.code !== 0) return undefined;
    const { promise, resolve } = Promise.withResolvers<undefined>();
    const timer = setTimeout(() => resolve(undefined), HUB_END_GRACE_MS);
    const reason = await Promise.race([this.#options.host.hub.ended, promise]);
    clearTimeout(timer);
    return reason;
  }
}

async function pause(forMs: number): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  systemClock.setTimer(forMs, resolve);
  await promise;
}

function schedulerError(
  what: string,
  scheduler: LocalProcess,
  end: ProcessEnd,
): CliError {
  const said = scheduler.stderrTail
    .findLast((line) => line.startsWith("ippd: "))?.slice("ippd: ".length);
  const how = end.signal ?? `code ${end.code}`;
  const isAddress = end.code === EXIT.addressInUse;
  return new CliError(
    isAddress ? EXIT.addressInUse : EXIT.failure,
    isAddress && said !== undefined
      ? said
      : `Cannot go on: the ${what}, process ${scheduler.pid}, ended with ${how}${
        said === undefined ? "" : ` (${said})`
      }; start the controller again`,
  );
}
