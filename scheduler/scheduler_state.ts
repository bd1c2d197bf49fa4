/**
 * Decides where each task runs. Pure: events come in as calls, what is to be
 * said goes out through {@linkcode SchedulerActions}.
 *
 * A task *waits* for its function's source and for the tasks it depends on,
 * then is *queued*, then *assigned* to one engine, then gone with its
 * outcome, unless its terms have it run once more. Each event costs the same
 * however many tasks wait.
 *
 * @module
 */
import { meanAfter, randomWord } from "../base/mod.ts";
import type {
  ClientResume,
  EngineEnd,
  EngineQueue,
  FunctionSource,
  Message,
  TaskEvent,
  TaskEventAck,
  TaskFate,
  TaskOutcome,
  TaskRequest,
} from "../messages/mod.ts";
import { Admission } from "./admission.ts";
import { ClientSessions } from "./client_sessions.ts";
import { Deadlines } from "./deadlines.ts";
import { DependencyState } from "./dependency_state.ts";
import { DispatchState } from "./dispatch_state.ts";
import {
  type EngineEntry,
  type EngineFacts,
  extraOf,
  type Task,
} from "./entries.ts";
import { FUNCTION_BYTES_MAX, FunctionStore } from "./function_store.ts";
import { reconcile } from "./reconciliation.ts";
import { RecallState } from "./recall_state.ts";
import { EngineNews } from "./engine_news.ts";
import { RecoveryState } from "./recovery_state.ts";
import { outcomePassage, type Passage, requestPassage } from "./pass_policy.ts";
import type { SchedulerActions } from "./scheduler_actions.ts";
import { SCHEDULER_LIMITS } from "./scheduler_limits.ts";
import type { SchedulerStateOptions } from "./scheduler_state_options.ts";
import { TakenOutcomes } from "./taken_outcomes.ts";
import { TaskBook } from "./task_book.ts";
import { forwardEvent, forwardEventAck } from "./task_events.ts";
import { TaskLifecycle } from "./task_lifecycle.ts";
import { clientOf } from "./task_request_policy.ts";

type Payload = readonly Uint8Array[];

/** Counters for people and dashboards. */
export interface SchedulerCounts {
  /** Tasks assigned to engines. */
  readonly running: number;
  /** Tasks that wait. */
  readonly queued: number;
  /** Tasks that ended. */
  readonly finished: number;
}

/** The scheduler's mind. */
export class SchedulerState {
  readonly #actions: SchedulerActions;
  readonly #functions: FunctionStore;
  readonly #deadlines: Deadlines;
  readonly #book: TaskBook;
  readonly #dispatch: DispatchState;
  readonly #lifecycle: TaskLifecycle;
  readonly #recall: RecallState;
  readonly #recovery: RecoveryState;
  readonly #news: EngineNews;
  readonly #sessions: ClientSessions;
  readonly #admission: Admission;

  /** Makes a scheduler that knows no engine and no task. */
  constructor(options: SchedulerStateOptions) {
    const { actions, clock, random, hwm, scheme = "leastload", observer } =
      options;
    this.#actions = actions;
    const { tally } = options;
    const limits = { ...SCHEDULER_LIMITS, ...options.limits };
    const deadlines = new Deadlines(clock);
    this.#deadlines = deadlines;
    this.#functions = new FunctionStore(FUNCTION_BYTES_MAX, tally);
    this.#book = new TaskBook(limits, tally);
    const { engineDrained } = actions;
    const send: SchedulerActions["send"] = (...said) => actions.send(...said);
    this.#recovery = new RecoveryState({ send, deadlines, limits });
    this.#news = new EngineNews(deadlines, limits, tally);
    this.#dispatch = new DispatchState({
      claimant: (id) => this.#recovery.take(id),
      send,
      onIdle: () => this.#recall.noticeIdle(),
      onDrained: ({ engineId }) => engineDrained(engineId),
      scheme,
      hwm,
      limits,
      random,
      functions: this.#functions,
      deadlines,
      observer,
      beforeTask: (entry) => taken.tell(entry),
    });
    const { engines } = this.#dispatch;
    const taken = new TakenOutcomes({ send, engines, deadlines });
    this.#sessions = new ClientSessions({
      send,
      book: this.#book,
      taken,
      deadlines,
      limits,
      newSession: options.newSession ?? randomWord,
      onGone: (clientId) => {
        this.clientGone(clientId);
        actions.clientGone?.(clientId);
      },
      onReleased: (account) => this.#dispatch.clientReleased(account),
      onShed: (clientId, outcomes) => actions.shed?.(clientId, outcomes),
    });
    this.#lifecycle = new TaskLifecycle({
      actions,
      sessions: this.#sessions,
      limits,
      book: this.#book,
      dependencies: new DependencyState(this.#book, limits.payloadBytesMax),
      dispatch: this.#dispatch,
      functions: this.#functions,
      deadlines,
      observer,
    });
    this.#admission = new Admission({
      book: this.#book,
      dispatch: this.#dispatch,
      lifecycle: this.#lifecycle,
      sessions: this.#sessions,
      limits,
    });
    this.#recall = new RecallState({
      send,
      engines: () => this.#dispatch.engines,
      loaded: () => this.#dispatch.loaded,
      deadlines,
      recallMs: limits.recallMs,
    });
  }

  /** How many tasks run, wait and ended. */
  get counts(): SchedulerCounts {
    const { running } = this.#dispatch;
    return {
      running,
      queued: this.#book.size - running,
      finished: this.#book.finished,
    };
  }

  /** How many tasks each engine has, by ascending id. */
  get engineQueues(): EngineQueue[] {
    return [...this.#dispatch.engines.values()].map((entry) => entry.queue)
      .sort((a, b) => a.engineId - b.engineId);
  }

  /** The number of the engine with a routing id. */
  engineAt(routingId: string): number | undefined {
    return this.#dispatch.at(routingId)?.engineId;
  }

  /** The unit of a function, if it is here. */
  unit(hash: string): Uint8Array | undefined {
    return this.#functions.source(hash);
  }

  /** Bytes that tasks hold which have not ended. */
  get payloadBytes(): number {
    return this.#book.payloadBytes;
  }

  /** What is left when no task is: nothing, or memory would grow. */
  get residue(): {
    readonly placements: number;
    readonly waits: number;
    readonly claims: number;
    readonly deferred: number;
  } {
    return {
      ...this.#recovery.residue,
      placements: this.#dispatch.placements.waiting,
      waits: this.#deadlines.size,
    };
  }

  /** Calls every wait off: nothing happens by itself any more. */
  close(): void {
    this.#deadlines.close();
  }

  /** The hub says: this engine is in the cluster. */
  engineJoined(facts: EngineFacts): void {
    if (this.#dispatch.engines.has(facts.engineId)) return;
    this.#dispatch.join(facts);
    this.#news.joined(facts.engineId);
    this.#lifecycle.watchUnmet();
  }

  /**
   * The engine itself says that it is ready, and what it holds. Tasks that it
   * should have and does not hold never arrived, or it had to forget how they
   * ended: they are sent again.
   *
   * @returns whether the hub has announced this engine.
   */
  engineReady(
    routingId: string,
    slots: number,
    holding: readonly string[],
  ): boolean {
    const entry = this.#dispatch.at(routingId);
    if (entry === undefined) return false;
    this.#dispatch.resize(entry, slots);
    const isAgain = entry.connected;
    entry.connected = true;
    entry.functions.clear();
    reconcile(entry, holding, isAgain, {
      book: this.#book,
      recovery: this.#recovery,
      sessions: this.#sessions,
      dispatch: this.#dispatch,
      lifecycle: this.#lifecycle,
      send: (to, message) => this.#actions.send(to, message),
    });
    this.#recovery.reported(routingId);
    this.#dispatch.fill(entry);
    return true;
  }

  /**
   * The hub has named its engines for the first time. Until those have said
   * what they hold, or some time has passed, requests wait.
   *
   * @param isRestarted Whether the hub may not know all of them yet.
   */
  recover(isRestarted: boolean): void {
    const awaited: string[] = [];
    for (const { routingId, connected } of this.#dispatch.engines.values()) {
      if (!connected) awaited.push(routingId);
    }
    this.#recovery.begin(awaited, isRestarted);
  }

  /** Whether requests wait for engines to say what they hold. */
  get isSettling(): boolean {
    return this.#recovery.isSettling;
  }

  /**
   * The connection of an engine ended; it may come back.
   *
   * @returns whether the hub has announced this engine.
   */
  engineDisconnected(routingId: string): boolean {
    const entry = this.#dispatch.at(routingId);
    if (entry === undefined) return false;
    this.#dispatch.disconnect(entry);
    return true;
  }

  /**
   * The hub says: this engine is gone for good.
   *
   * @returns the engine's routing id, if it was known.
   */
  engineLeft(engineId: number, end: EngineEnd): string | undefined {
    const entry = this.#dispatch.engines.get(engineId);
    if (entry === undefined) return undefined;
    const stranded = this.#dispatch.leave(entry);
    this.#lifecycle.engineLost(entry, stranded, end);
    this.#recovery.engineLeft(entry);
    return entry.routingId;
  }

  /**
   * The hub says: give this engine no new work.
   *
   * @returns whether it is known. `engineDrained` follows once it is empty.
   */
  engineDrain(engineId: number): boolean {
    const entry = this.#dispatch.engines.get(engineId);
    if (entry === undefined) return false;
    this.#dispatch.drain(entry);
    this.#recall.recall(entry);
    return true;
  }

  /** The hub says: this engine gets work again, if it was to get none. */
  engineUndrain(engineId: number): void {
    const entry = this.#dispatch.engines.get(engineId);
    if (entry !== undefined) this.#dispatch.undrain(entry);
  }

  /**
   * A client asks for work.
   *
   * @param decided Hears when the tasks are taken on, or refused.
   */
  taskRequest(
    clientId: string,
    request: TaskRequest,
    payload: Payload,
    decided?: () => void,
  ): void {
    // What counts is the session in which it arrived.
    const earlier = this.#sessions.earlierRuns(clientId, request);
    const { isSettling } = this.#recovery;
    if (!isSettling && !this.#news.mustWait(clientId, request.targets)) {
      this.#admission.request(clientId, request, payload, earlier);
      return decided?.();
    }
    const account = this.#book.client(clientId);
    const admit = (): void => {
      // It may have gone meanwhile, and have come back as another.
      if (this.#book.known(clientId) === account) {
        this.#admission.request(clientId, request, payload, earlier);
      }
      decided?.();
    };
    if (isSettling) this.#recovery.defer(admit);
    else this.#news.wait(clientId, request.targets, admit);
  }

  /** A client is there, for the first time or again. */
  clientResume(clientId: string, message: ClientResume): void {
    this.#sessions.resume(clientId, message);
  }

  /** A client has so many outcomes. */
  outcomesAck(clientId: string, count: number): void {
    this.#sessions.acknowledge(clientId, count);
  }

  /** A client tells of a task that ended before we knew it. */
  taskFate(clientId: string, fate: TaskFate, value: Payload): void {
    if (!fate.id.startsWith(`${clientId}-`)) return;
    const { fates } = this.#book.client(clientId);
    fates.add(fate.id, fate.ok, fate.engineId);
    if (value.length > 0) fates.addValue(fate.id, value);
  }

  /**
   * The connection of a client ended.
   *
   * @returns Whether it may come back.
   */
  clientAway(clientId: string): boolean {
    return this.#sessions.away(clientId);
  }

  /** A client sends the source behind a hash that has been checked. */
  functionSource(message: FunctionSource, source: Uint8Array): void {
    this.#functions.add(message.hash, source);
    this.#lifecycle.sourceArrived(message.hash);
  }

  /** An engine has forgotten a source. */
  functionMissing(routingId: string, hash: string): void {
    const source = this.#functions.source(hash);
    if (this.#dispatch.at(routingId) === undefined || !source) return;
    this.#actions.send(routingId, { type: "function_source", hash }, [source]);
  }

  /**
   * An engine reports how a task ended.
   *
   * @returns whether the task was assigned to that engine.
   */
  taskOutcome(
    routingId: string,
    outcome: TaskOutcome,
    payload: Payload,
  ): boolean {
    const entry = this.#dispatch.at(routingId);
    // Before it has been let in, it says so again once it is.
    if (entry?.connected !== true) return false;
    const task = entry.assigned.get(outcome.id);
    if (task === undefined) {
      this.#strayOutcome(entry, outcome);
      return false;
    }
    entry.outcomes++;
    entry.isStalled = false;
    if (outcome.status !== "unmet") {
      entry.meanTaskMs = meanAfter(
        entry.meanTaskMs,
        Math.max(0, outcome.completedMs - outcome.startedMs),
      );
    }
    const { engineId } = entry;
    this.#lifecycle.conclude(
      task,
      outcome.engineId === engineId ? outcome : { ...outcome, engineId },
      payload,
      entry,
    );
    this.#dispatch.fill(entry);
    return true;
  }

  /** One that nobody will ask for is forgotten by its engine. */
  #strayOutcome(entry: EngineEntry, { id }: TaskOutcome): void {
    if (this.#recovery.isSettling || this.#recovery.isClaimed(id)) return;
    const account = this.#book.known(clientOf(id));
    if (account !== undefined && this.#sessions.remembers(account, id)) {
      return this.#sessions.stray(account, entry.engineId, id);
    }
    const message = { type: "outcomes_taken", ids: [id] } as const;
    this.#actions.send(entry.routingId, message);
  }

  /** Who would be told what at once, if all of a message were here. */
  passage(from: string, message: Message): Passage | undefined {
    if (message.type === "task_outcome") {
      return outcomePassage(this.#dispatch.at(from), message);
    }
    if (message.type !== "task_request" || this.isSettling) return undefined;
    return requestPassage(from, message, this.#dispatch, this.#functions);
  }

  /** A task tells its client something; only the engine that has it may. */
  taskEvent(routingId: string, event: TaskEvent, payload: Payload): void {
    const entry = this.#dispatch.at(routingId);
    forwardEvent(entry, event, payload, this.#actions.send);
  }

  /** A client has consumed what a task of its own told it. */
  taskEventAck(clientId: string, ack: TaskEventAck): void {
    forwardEventAck(this.#book.get(ack.id), clientId, ack, this.#actions.send);
  }

  /** Fewer slots of an engine work from now on. */
  engineSlots(routingId: string, slots: number): void {
    const entry = this.#dispatch.at(routingId);
    if (entry !== undefined) this.#dispatch.resize(entry, slots);
  }

  /** An engine gives tasks back that it has not started. */
  tasksReturned(routingId: string, ids: readonly string[]): void {
    const entry = this.#dispatch.at(routingId);
    if (entry === undefined) return;
    entry.isStalled = true;
    const tasks = ids.flatMap((id) => entry.assigned.get(id) ?? []);
    this.#lifecycle.returned(tasks);
    this.#dispatch.fill(entry);
  }

  /** A client no longer wants some tasks. */
  taskCancel(clientId: string, ids: readonly string[], reason: string): void {
    if (this.#recovery.isSettling) {
      return this.#recovery.defer(() => this.taskCancel(clientId, ids, reason));
    }
    if (this.#news.isWaiting(clientId)) {
      const cancel = (): void => this.taskCancel(clientId, ids, reason);
      return this.#news.wait(clientId, [], cancel);
    }
    const tasks: Task[] = [];
    for (const id of ids) {
      const task = this.#book.get(id);
      if (task?.client.id === clientId) tasks.push(task);
    }
    const lifecycle = this.#lifecycle;
    lifecycle.cancel(
      tasks,
      reason,
      (task) => lifecycle.endUnrun(task, "cancelled", reason),
    );
  }

  /** A client is gone for good: nobody waits for its tasks. */
  clientGone(clientId: string): void {
    const client = this.#book.closeAccount(clientId);
    if (client === undefined) return;
    client.isGone = true;
    const wasHeld = client.isHeld;
    client.isHeld = false;
    this.#sessions.gone(client);
    const lifecycle = this.#lifecycle;
    const tasks = this.#book.ofClient(client)
      .filter((task) => !lifecycle.goesOnAlone(task));
    for (const task of tasks) {
      if (task.engine !== undefined) extraOf(task).isAbandoned = true;
    }
    lifecycle.cancel(
      tasks,
      "its client is gone",
      (task) => lifecycle.abandon(task),
    );
    if (wasHeld) this.#dispatch.clientReleased(client);
    if (client.unfinished === 0) this.#dispatch.placements.forget(client);
  }
}
