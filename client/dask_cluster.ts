/**
 * A cluster of Dask on the hosts of engines.
 *
 * @module
 */
import { ConnectionError, RemoteError } from "../base/mod.ts";
import { type DaskOptions, planDask } from "./dask_policy.ts";
import {
  type DaskProcess,
  startDaskProcess,
  stopDaskProcess,
} from "./dask_processes.ts";
import { DirectView } from "./direct_view.ts";
import type { Session } from "./session.ts";

/** How long a process of Dask may take to start: it loads much Python. */
export const DASK_START_TIMEOUT_MS = 60_000;

/** How long a process of Dask may take to end by itself. */
export const DASK_STOP_GRACE_MS = 5_000;

interface Started {
  readonly engineId: number;
  readonly folder: string;
}

/** Processes of Dask that engines have started, at most one set of them. */
export class DaskCluster {
  readonly #session: Session;
  readonly #started: Started[] = [];
  #starting: Promise<string> | undefined;

  /** Starts nothing. */
  constructor(session: Session) {
    this.#session = session;
  }

  /**
   * Starts the scheduler, then one worker for each engine; settles when all
   * of them are registered.
   *
   * @returns The scheduler's address.
   * @throws {ConnectionError} when one does not start; then none is left.
   */
  start(options: DaskOptions): Promise<string> {
    if (this.#starting !== undefined) {
      return Promise.reject(
        new TypeError("Cannot start dask: it runs; stop it by stopDask()"),
      );
    }
    const starting = this.#start(options);
    this.#starting = starting;
    starting.catch(() => this.#starting = undefined);
    return starting;
  }

  /** Stops the workers, then the scheduler; engines that left took theirs. */
  async stop(): Promise<void> {
    await Promise.allSettled([this.#starting]);
    await this.#stopAll();
    this.#starting = undefined;
  }

  async #start(options: DaskOptions): Promise<string> {
    const { targets = "all" } = options;
    const { directory } = this.#session;
    const ids = targets === "all" ? directory.ids : directory.check(targets);
    const engines = directory.engines.filter(({ engineId }) =>
      ids.includes(engineId)
    );
    const { scheduler, workers } = planDask(engines, options);
    const { timeoutMs = DASK_START_TIMEOUT_MS } = options;
    const start = async (
      { engine: { engineId, host }, words }: typeof scheduler,
    ): Promise<DaskProcess> => {
      const process: DaskProcess = await this.#view(engineId)
        .apply(startDaskProcess, words, host, timeoutMs);
      this.#started.unshift({ engineId, folder: process.folder });
      return process;
    };
    try {
      const { address } = await start(scheduler);
      const results = await Promise.allSettled(workers(address).map(start));
      for (const result of results) {
        if (result.status === "rejected") throw result.reason;
      }
      return address;
    } catch (cause) {
      await this.#stopAll();
      if (!(cause instanceof RemoteError)) throw cause;
      throw new ConnectionError(cause.remoteMessage, { cause });
    }
  }

  async #stopAll(): Promise<void> {
    const scheduler = this.#started.pop();
    await Promise.allSettled(
      this.#started.splice(0).map((one) => this.#stopOne(one)),
    );
    if (scheduler !== undefined) {
      await Promise.allSettled([this.#stopOne(scheduler)]);
    }
  }

  async #stopOne({ engineId, folder }: Started): Promise<void> {
    await this.#view(engineId)
      .apply(stopDaskProcess, folder, DASK_STOP_GRACE_MS);
  }

  #view(engineId: number): DirectView<true> {
    return new DirectView(this.#session, engineId);
  }
}
