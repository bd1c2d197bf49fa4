/**
 * The leaves of a controller: child processes like its scheduler, and kept
 * alive like it. The cluster goes on without those that cannot be.
 *
 * @module
 */
import { type Logger, toError } from "../base/mod.ts";
import { encodeKeyPair, loadCurveCrypto } from "../security/mod.ts";
import type { HubHost } from "./hub_host.ts";
import { SupervisedScheduler } from "./supervised_scheduler.ts";

/** Options of {@linkcode SupervisedLeaves}. */
export interface SupervisedLeavesOptions {
  /** How many there are. */
  readonly count: number;
  /** The hub that they belong to. */
  readonly host: HubHost;
  /** Arguments of `ippd scheduler --leaf`, without the port. */
  readonly args: readonly string[];
  /** The port of the first; the others' follow. 0 is any. */
  readonly port: number;
  /** Takes each line of standard error. */
  readonly onStderr: (line: string) => void;
  /** Where to say what happened. */
  readonly log: Logger;
}

/** Any number of leaves, whichever processes they are. */
export class SupervisedLeaves implements AsyncDisposable {
  readonly #options: SupervisedLeavesOptions;
  readonly #leaves: SupervisedScheduler[] = [];
  readonly #started: Promise<void>;
  #isStopping = false;

  /** Starts them. */
  constructor(options: SupervisedLeavesOptions) {
    this.#options = options;
    this.#started = this.#start();
  }

  /** Ends them. */
  async stop(): Promise<void> {
    this.#isStopping = true;
    await this.#started;
    await Promise.all(this.#leaves.map((leaf) => leaf.stop()));
  }

  /** Ends them. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  async #start(): Promise<void> {
    const { count, host, args, port, onStderr, log } = this.#options;
    if (count === 0) return;
    const crypto = await loadCurveCrypto();
    for (let index = 0; index < count && !this.#isStopping; index++) {
      const leaf = new SupervisedScheduler({
        what: "leaf",
        host,
        args: ["--leaf", ...args],
        port: port === 0 ? 0 : port + index,
        keys: encodeKeyPair(crypto.generateKeyPair()),
        onStderr,
        log,
      });
      this.#leaves.push(leaf);
      leaf.ended.catch((error) =>
        log.error("a leaf is lost, its engines turn to others", {
          error: toError(error),
        })
      );
    }
  }
}
