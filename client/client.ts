/**
 * The client: a cluster in the hands of a program.
 *
 * @module
 */
import { ConnectionError, TimeoutError } from "../base/mod.ts";
import type { Channel, SlotName } from "../channels/mod.ts";
import type {
  EngineStack,
  RecordStatus,
  SchedulerAddress,
  StatusReply,
  TaskRecordPart,
} from "../messages/mod.ts";
import { type BroadcastOptions, BroadcastView } from "./broadcast_view.ts";
import { openChannel } from "./channel.ts";
import { DaskCluster } from "./dask_cluster.ts";
import type { DaskOptions } from "./dask_policy.ts";
import { type DirectTargets, DirectView } from "./direct_view.ts";
import type { ClientEngine } from "./engine_directory.ts";
import type { Executor } from "./executor.ts";
import type { WaitOptions } from "./hub_questions.ts";
import { LoadBalancedView } from "./load_balanced_view.ts";
import { type QueueStatus, queueStatusOf } from "./queue_status.ts";
import { everyNth } from "./every_nth.ts";
import { RunSet } from "./run_set.ts";
import type { Session } from "./session.ts";
import { signalName } from "./signal_name.ts";
import {
  abortTasks,
  selectedTasks,
  type TaskSelection,
} from "./task_selection.ts";
import type { AsyncResult } from "./async_result.ts";
import type { RecordWatch } from "./record_watch.ts";
import {
  type PurgeTarget,
  type QueryOptions,
  type RecordFilter,
  Records,
  type TaskHandle,
} from "./records.ts";
import { NO_FLAGS } from "./view_flags.ts";
import { type ResultWaitOptions, waitForRuns } from "./waiting.ts";

/** Options of {@linkcode Client.shutdown}. */
export interface ShutdownOptions {
  /** Engine ids to end. @default "all" */
  readonly targets?: readonly number[] | "all";
  /** Whether the controller ends as well. @default false */
  readonly hub?: boolean;
}

/** A connection to a cluster: its engines, and views to run code on them. */
export class Client implements AsyncDisposable {
  readonly #session: Session;
  readonly #records: Records;
  readonly #dask: DaskCluster;
  readonly #interrupts: Disposable | undefined;

  /** Clients are made by `connect`. */
  constructor(session: Session) {
    this.#session = session;
    this.#dask = new DaskCluster(session);
    this.#records = new Records(session);
    this.#interrupts = session.notebook?.onInterrupt(() => void this.abort());
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
  get engines(): readonly ClientEngine[] {
    return this.#session.directory.engines;
  }

  /** Where the schedulers can be reached. */
  get schedulers(): readonly SchedulerAddress[] {
    return this.#session.directory.schedulers;
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

  /**
   * A view of the engines at some positions of {@linkcode Client.ids}. The
   * engines are those of now: the view does not follow the cluster.
   *
   * @param from The first position; from the end when negative. @default 0
   * @param to Where to stop; from the end when negative. @default the end
   * @param step Every so many; backwards when negative.
   * @throws {RangeError} when there is no engine, or `step` is 0.
   */
  slice(from?: number, to?: number, step = 1): DirectView {
    const { directory } = this.#session;
    return new DirectView(
      this.#session,
      directory.check(everyNth(directory.ids, from, to, step)),
    );
  }

  /** One view for each engine that is there now, by ascending id. */
  *[Symbol.iterator](): IterableIterator<DirectView<true>> {
    for (const id of this.ids) yield this.directView(id);
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
   * A view of many engines, with one request for all of them.
   *
   * @throws {RangeError} when an engine is not known.
   */
  broadcastView(
    targets: readonly number[] | "all" = "all",
    options: BroadcastOptions = {},
  ): BroadcastView {
    if (targets !== "all") this.#session.directory.check(targets);
    return new BroadcastView(this.#session, targets, NO_FLAGS, options);
  }

  /**
   * An executor that runs each call wherever there is room.
   *
   * @param targets Engine ids allowed; absent, all of them.
   */
  executor(targets?: readonly number[]): Executor {
    return this.loadBalancedView(targets).executor();
  }

  /**
   * Waits for tasks without asking for their values; never throws what they
   * throw.
   *
   * @param tasks Results or task ids; absent, all that have not ended.
   * @returns Whether what was waited for has come; `false` when time is up.
   * @throws {TypeError} when a task is another client's.
   */
  wait(
    tasks?: TaskSelection,
    options: ResultWaitOptions = {},
  ): Promise<boolean> {
    const session = this.#session;
    if (tasks === undefined) {
      const all = new RunSet([...session.pendingRuns()]);
      return waitForRuns([all], options, session.clock);
    }
    const { sets, ids } = selectedTasks(tasks, session.id, "wait for");
    const runs = ids.flatMap((id) => session.pending(id) ?? []);
    return waitForRuns([...sets, new RunSet(runs)], options, session.clock);
  }

  /**
   * Asks for tasks not to run, or to stop.
   *
   * @param tasks Results or task ids; absent, all that have not ended.
   * @returns How many are asked for; they end as cancelled.
   * @throws {TypeError} when a task is another client's.
   */
  abort(tasks?: TaskSelection): number {
    return abortTasks(this.#session, tasks, () => true);
  }

  /** What runs and waits on every engine. */
  async queueStatus(): Promise<QueueStatus> {
    return queueStatusOf(await this.#session.records.queue(), this.ids);
  }

  /**
   * Takes all of the user's names out of the namespaces of engines.
   *
   * @param targets Engine ids. @default "all"
   * @throws {RangeError} when an engine is not known, or there is none.
   */
  async clear(targets: readonly number[] | "all" = "all"): Promise<void> {
    await this.directView(targets).clear();
  }

  /**
   * Sends a signal of the operating system to the processes that run user
   * code. What a process does with it is its own matter: by default most
   * signals end it, and the engine starts it again.
   *
   * @param signal A name such as `SIGUSR1`, or its number.
   * @param targets Engine ids. @default "all"
   * @returns How many processes were sent it.
   * @throws {TypeError} when the signal is not known.
   * @throws {RangeError} when an engine is not known.
   * @throws {ConnectionError} when an engine does not answer.
   */
  async signal(
    signal: Deno.Signal | number,
    targets: readonly number[] | "all" = "all",
  ): Promise<number> {
    const reply = await this.#session.questions.signal(
      this.#idsOf(targets),
      signalName(signal),
    );
    if (reply.problem !== undefined) {
      throw new ConnectionError(`Cannot send signal: ${reply.problem}`);
    }
    return reply.engines.reduce((sum, { signalled }) => sum + signalled, 0);
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

  /**
   * Lets Python's Dask, where it is installed, use the engines' hosts: starts
   * its scheduler beside the first engine and one worker beside each. They
   * stay until {@linkcode Client.stopDask}, or until their engine ends or
   * one of its slots is started again.
   *
   * @returns The scheduler's address, such as `tcp://127.0.0.1:40123`.
   * @throws {ConnectionError} when Dask is not installed there, or does not
   * start; the message says on which host, and why.
   * @throws {TypeError} when it runs already, or would listen to the network
   * without security.
   * @throws {RangeError} when there is no engine, or one is not known.
   */
  becomeDask(options: DaskOptions = {}): Promise<string> {
    return this.#dask.start(options);
  }

  /** Stops what {@linkcode Client.becomeDask} has started, if anything. */
  stopDask(): Promise<void> {
    return this.#dask.stop();
  }

  /** How everybody in the cluster is. */
  status(): Promise<StatusReply> {
    return this.#session.questions.status();
  }

  /** The ids of the last 100,000 tasks of which there are records. */
  history(): Promise<string[]> {
    return this.#records.history();
  }

  /**
   * The records that fit a filter, such as
   * `{ label: { $glob: "sweep-*" }, status: "error" }`.
   *
   * @throws {TypeError} when a field or an operator is not known.
   */
  query(
    filter: RecordFilter,
    options?: QueryOptions,
  ): Promise<TaskRecordPart[]> {
    return this.#records.query(filter, options);
  }

  /** How many records fit a filter. */
  count(filter: RecordFilter): Promise<number> {
    return this.#records.count(filter);
  }

  /** Where tasks are, or how they ended; `undefined` without a record. */
  resultStatus(
    ids: readonly string[],
  ): Promise<Map<string, RecordStatus | undefined>> {
    return this.#records.resultStatus(ids);
  }

  /**
   * The result of a task of any client with this key, now or when it ends.
   * Results up to 16 KiB are kept, of detached tasks up to 64 MiB.
   */
  getResult<T = unknown>(id: string): AsyncResult<T>;
  /** The results of several tasks, in their order. */
  getResult<T = unknown>(ids: readonly string[]): AsyncResult<T[]>;
  getResult(ids: string | readonly string[]): AsyncResult<unknown> {
    return this.#records.attach(ids);
  }

  /**
   * The results of tasks whose handle, `result.toJSON()`, was kept: of
   * detached tasks also when their client is gone.
   */
  attach<T = unknown>(handle: TaskHandle): AsyncResult<T> {
    return this.#records.attach(handle);
  }

  /**
   * Submits a task again, as a new one of this client, where its request was
   * kept (up to 16 KiB, and without values of other tasks).
   */
  resubmit<T = unknown>(id: string): AsyncResult<T>;
  /** Submits several tasks again, in their order. */
  resubmit<T = unknown>(ids: readonly string[]): AsyncResult<T[]>;
  resubmit(ids: string | readonly string[]): AsyncResult<unknown> {
    return this.#records.resubmit(ids);
  }

  /**
   * Forgets records, and results with them, of tasks that have ended.
   *
   * @returns How many were forgotten.
   * @throws {LimitError} when one of the tasks has not ended.
   */
  purgeResults(target: PurgeTarget): Promise<number> {
    return this.#records.purge(target);
  }

  /** The records that fit a filter, each time that they change. */
  watch(filter: RecordFilter): RecordWatch {
    return this.#records.watch(filter);
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
    const ids = this.#idsOf(targets);
    return (await this.#session.questions.stack(ids, false)).engines;
  }

  /**
   * Where a debugger can attach to the code of engines: for each slot the
   * WebSocket address of its inspector, on the loopback of the engine's host.
   * Whoever knows it can do there what the engine's user can. Slots without
   * one (in a sandbox, of a compiled program) have none.
   *
   * @param targets Engine ids. @default "all"
   * @throws {RangeError} when an engine is not known.
   */
  async inspectors(
    targets: readonly number[] | "all" = "all",
  ): Promise<readonly EngineStack[]> {
    const ids = this.#idsOf(targets);
    return (await this.#session.questions.stack(ids, true)).engines;
  }

  /**
   * Gives engines no new work; settles when they are empty. What they have
   * they finish, what was only sent ahead goes to others, and so does what
   * is submitted from now on; new direct requests that name them are refused.
   * They stay so until they leave, or until {@linkcode Client.undrain}, also
   * when the wait is given up.
   *
   * @param targets Engine ids. @default "all"
   * @throws {RangeError} when an engine is not known.
   * @throws {TimeoutError} when they have work after `timeoutMs`.
   * @throws {ConnectionError} when one is to get work again.
   */
  async drain(
    targets: readonly number[] | "all" = "all",
    options: WaitOptions = {},
  ): Promise<void> {
    await this.#session.questions.drain(this.#namedIds(targets), options);
  }

  /**
   * Gives drained engines work again.
   *
   * @param targets Engine ids. @default "all"
   * @throws {RangeError} when an engine is not known.
   */
  async undrain(targets: readonly number[] | "all" = "all"): Promise<void> {
    await this.#session.questions.undrain(this.#namedIds(targets));
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

  /** The ids of engines; all of them are those of now. */
  #namedIds(targets: readonly number[] | "all"): readonly number[] {
    return targets === "all"
      ? this.ids
      : this.#session.directory.check(targets);
  }

  /** Engine ids as the hub takes them: none means all. */
  #idsOf(targets: readonly number[] | "all"): readonly number[] {
    return targets === "all" ? [] : this.#session.directory.check(targets);
  }

  /** Ends the connection; results that are still on their way fail. */
  close(): Promise<void> {
    this.#interrupts?.[Symbol.dispose]();
    return this.#session.close();
  }

  /** Closes the client. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}
