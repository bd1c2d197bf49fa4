/**
 * The client: a cluster in the hands of a program.
 *
 * @module
 */
import { ConnectionError, TimeoutError } from "../base/mod.ts";
import type { Channel, SlotName } from "../channels/mod.ts";
import type { EngineInfo, EngineStack, StatusReply } from "../messages/mod.ts";
import {
  CONNECTION_INFO_VARIABLE,
  type ConnectionInfo,
  connectionInfoFromEnvironment,
  readConnectionFile,
} from "../security/mod.ts";
import { openChannel } from "./channel.ts";
import { type DirectTargets, DirectView } from "./direct_view.ts";
import { LoadBalancedView } from "./load_balanced_view.ts";
import { connectionFilePath } from "./profile_paths.ts";
import { type ConnectOptions, Session } from "./session.ts";

/** Options of {@linkcode Client.waitForEngines}. */
export interface WaitOptions {
  /** How long to wait; absent, for ever. */
  readonly timeoutMs?: number;
  /** Stops waiting. */
  readonly signal?: AbortSignal;
}

/** Options of {@linkcode Client.shutdown}. */
export interface ShutdownOptions {
  /** Engine ids to end. @default "all" */
  readonly targets?: readonly number[] | "all";
  /** Whether the controller ends as well. @default false */
  readonly hub?: boolean;
}

/**
 * Connects to a running cluster.
 *
 * @param target Path of a connection file, what is in one, or nothing for the
 * cluster of `ippd run`, else that of `ippd controller` in the default
 * profile.
 * @throws {ConnectionFileError} when the file is missing or cannot be used.
 * @throws {ConnectionError} when nobody answers within `timeoutMs`.
 * @throws {AuthenticationError} when the keys in the file are refused.
 */
export async function connect(
  target?: string | ConnectionInfo,
  options: ConnectOptions = {},
): Promise<Client> {
  const info = typeof target === "object"
    ? target
    : target === undefined
    ? await defaultInfo()
    : await readConnectionFile(target);
  return new Client(await Session.open(info, options));
}

/** What `ippd run` gives its program, else the file of the default profile. */
async function defaultInfo(): Promise<ConnectionInfo> {
  const given = Deno.env.get(CONNECTION_INFO_VARIABLE);
  return given === undefined
    ? await readConnectionFile(connectionFilePath({ role: "client" }))
    : connectionInfoFromEnvironment(given);
}

/** A connection to a cluster: its engines, and views to run code on them. */
export class Client implements AsyncDisposable {
  readonly #session: Session;

  /** Clients are made by {@linkcode connect}. */
  constructor(session: Session) {
    this.#session = session;
  }

  /** The cluster's name; may be empty. */
  get clusterId(): string {
    return this.#session.clusterId;
  }

  /** The ids of the engines, ascending. */
  get ids(): readonly number[] {
    return this.#session.directory.ids;
  }

  /** The engines, by ascending id. */
  get engines(): readonly EngineInfo[] {
    return this.#session.directory.engines;
  }

  /** How many tasks of this client have not ended. */
  get outstanding(): number {
    return this.#session.outstanding;
  }

  /**
   * A view of the engine at a position of {@linkcode Client.ids}.
   *
   * @param index From the start, or from the end when negative.
   * @throws {RangeError} when there is no such engine.
   */
  at(index: number): DirectView<true> {
    return new DirectView(this.#session, this.#session.directory.at(index));
  }

  /** A view of one engine, by its id. */
  directView(target: number): DirectView<true>;
  /** A view of several engines; `"all"`, the default, follows the cluster. */
  directView(targets?: readonly number[] | "all"): DirectView;
  /** A view of the engines that it names. */
  directView(targets: DirectTargets = "all"): DirectView<boolean> {
    if (targets !== "all") {
      this.#session.directory.check(
        typeof targets === "number" ? [targets] : targets,
      );
    }
    return new DirectView<boolean>(this.#session, targets);
  }

  /**
   * A view that places each task on the engine with least to do.
   *
   * @param targets Engine ids allowed; absent, all of them.
   */
  loadBalancedView(targets?: readonly number[]): LoadBalancedView {
    return new LoadBalancedView(
      this.#session,
      targets === undefined ? [] : this.#session.directory.check(targets),
    );
  }

  /**
   * Waits until the cluster has at least `count` engines.
   *
   * @throws {TimeoutError} when it takes longer than `timeoutMs`.
   */
  async waitForEngines(
    count: number,
    options: WaitOptions = {},
  ): Promise<void> {
    if (!Number.isInteger(count) || count < 0) {
      throw new RangeError(`Cannot wait for ${count} engines`);
    }
    await this.#session.until(
      () => this.ids.length >= count,
      options.timeoutMs,
      options.signal,
      () =>
        new TimeoutError(
          `Cannot wait longer for ${count} engines: there are ${this.ids.length} after ${options.timeoutMs} ms`,
        ),
    );
  }

  /**
   * Opens the client's end of a channel; code on the engine opens the other
   * by `ippd.channel(name, "client")`, before or after.
   *
   * @param target The engine, or one slot of it.
   * @throws {RangeError} when there is no such engine or slot.
   */
  channel(name: string, target: SlotName): Channel {
    return openChannel(this.#session, name, target);
  }

  /** How everybody in the cluster is. */
  status(): Promise<StatusReply> {
    return this.#session.questions.status();
  }

  /**
   * Stops what runs on engines: their tasks end as cancelled, the namespaces
   * stay where possible, and tasks that wait go on. Settles when every engine
   * has begun.
   *
   * @param targets Engine ids. @default "all"
   * @returns How many tasks are being stopped.
   * @throws {RangeError} when an engine is not known.
   * @throws {ConnectionError} when an engine does not answer.
   */
  async interrupt(targets: readonly number[] | "all" = "all"): Promise<number> {
    const reply = await this.#session.questions.interrupt(this.#idsOf(targets));
    if (reply.problem !== undefined) {
      throw new ConnectionError(`Cannot interrupt: ${reply.problem}`);
    }
    return reply.engines.reduce((sum, { stopped }) => sum + stopped, 0);
  }

  /**
   * What runs on engines: for each slot the task and the frames of its code.
   * Code that runs is paused for a moment and goes on. Engines that do not
   * answer are left out.
   *
   * @param targets Engine ids. @default "all"
   * @throws {RangeError} when an engine is not known.
   */
  async stack(
    targets: readonly number[] | "all" = "all",
  ): Promise<readonly EngineStack[]> {
    return (await this.#session.questions.stack(this.#idsOf(targets))).engines;
  }

  /**
   * Ends engines, and with `hub` the controller; settles when they are gone.
   *
   * @throws {RangeError} when an engine is not known.
   */
  async shutdown(options: ShutdownOptions = {}): Promise<void> {
    const { targets = "all", hub = false } = options;
    await this.#session.questions.shutdown(this.#idsOf(targets), hub);
  }

  /** Engine ids as the hub takes them: none means all. */
  #idsOf(targets: readonly number[] | "all"): readonly number[] {
    return targets === "all" ? [] : this.#session.directory.check(targets);
  }

  /** Ends the connection; results that are still on their way fail. */
  close(): Promise<void> {
    return this.#session.close();
  }

  /** Closes the client. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}
