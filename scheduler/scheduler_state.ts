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
import {
  type Clock,
  meanAfter,
  type Random,
  type SchedulingScheme,
} from "../base/mod.ts";
import type {
  EngineEnd,
  EngineQueue,
  FunctionSource,
  TaskEvent,
  TaskEventAck,
  TaskOutcome,
  TaskRequest,
} from "../messages/mod.ts";
import { Deadlines } from "./deadlines.ts";
import { DependencyState, type Trouble } from "./dependency_state.ts";
import { DispatchState } from "./dispatch_state.ts";
import {
  type EngineFacts,
  extraOf,
  type Task,
  unrunOutcome,
} from "./entries.ts";
import { FunctionStore } from "./function_store.ts";
import { OutcomeGroup } from "./outcome_group.ts";
import { byteLength } from "./payload_bytes.ts";
import { RecallState } from "./recall_state.ts";
import type { SchedulerActions } from "./scheduler_actions.ts";
import { SCHEDULER_LIMITS, type SchedulerLimits } from "./scheduler_limits.ts";
import { TaskBook } from "./task_book.ts";
import { forwardEvent, forwardEventAck } from "./task_events.ts";
import { TaskLifecycle } from "./task_lifecycle.ts";
import type { TaskObserver } from "./task_observer.ts";
import { problemWithTerms, runIds } from "./task_request_policy.ts";

type Payload = readonly Uint8Array[];

/** Options of {@linkcode SchedulerState}. */
export interface SchedulerStateOptions {
  /** Performs what is decided. */
  readonly actions: SchedulerActions;
  /** For waits; the state reads no time otherwise. */
  readonly clock: Clock;
  /** For the schemes that choose by chance. */
  readonly random: Random;
  /** How engines are chosen. @default "leastload" */
  readonly scheme?: SchedulingScheme | undefined;
  /**
   * High-water mark: tasks assigned to one slot at once. 0 means no bound;
   * `undefined` adapts to how long tasks take.
   */
  readonly hwm?: number | undefined;
  /** Limits other than {@linkcode SCHEDULER_LIMITS}. */
  readonly limits?: Partial<SchedulerLimits> | undefined;
  /** Hears what becomes of tasks. */
  readonly observer?: TaskObserver | undefined;
}

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
  readonly #limits: SchedulerLimits;
  readonly #functions = new FunctionStore();
  readonly #deadlines: Deadlines;
  readonly #book: TaskBook;
  readonly #dispatch: DispatchState;
  readonly #lifecycle: TaskLifecycle;
  readonly #recall: RecallState;
  #order = 0;

  /** Makes a scheduler that knows no engine and no task. */
  constructor(options: SchedulerStateOptions) {
    const { actions, clock, random, hwm, scheme = "leastload", observer } =
      options;
    this.#actions = actions;
    const limits = { ...SCHEDULER_LIMITS, ...options.limits };
    this.#limits = limits;
    const deadlines = new Deadlines(clock);
    this.#deadlines = deadlines;
    this.#book = new TaskBook(limits);
    this.#dispatch = new DispatchState({
      send: (routingId, message, payload) =>
        actions.send(routingId, message, payload),
      onIdle: () => this.#recall.noticeIdle(),
      onDrained: (entry) => actions.engineDrained(entry.engineId),
      scheme,
      hwm,
      limits,
      random,
      functions: this.#functions,
      deadlines,
      observer,
    });
    this.#lifecycle = new TaskLifecycle({
      actions,
      limits,
      book: this.#book,
      dependencies: new DependencyState(this.#book, limits.payloadBytesMax),
      dispatch: this.#dispatch,
      functions: this.#functions,
      deadlines,
      observer,
    });
    this.#recall = new RecallState({
      send: (routingId, message) => actions.send(routingId, message),
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

  /** The unit of a function, if it is here. */
  unit(hash: string): Uint8Array | undefined {
    return this.#functions.source(hash);
  }

  /** Bytes that tasks hold which have not ended. */
  get payloadBytes(): number {
    return this.#book.payloadBytes;
  }

  /** What is left when no task is: nothing, or memory would grow. */
  get residue(): { readonly placements: number; readonly waits: number } {
    return {
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
    this.#lifecycle.watchUnmet();
  }

  /**
   * The engine itself says that it is ready. Tasks it should have and does
   * not hold were cut off with its last connection: they end as lost, since
   * they may have run.
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
    entry.connected = true;
    entry.functions.clear();
    const held = new Set(holding);
    for (const task of [...entry.assigned.values()]) {
      if (held.has(task.id)) continue;
      this.#lifecycle.lost(task, entry, {
        reason: "its connection broke while the task was on its way",
      });
    }
    this.#dispatch.fill(entry);
    return true;
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

  /** A client asks for work. */
  taskRequest(clientId: string, request: TaskRequest, payload: Payload): void {
    const trouble = this.#problemWith(clientId, request, payload);
    if (trouble !== undefined) {
      for (const id of runIds(request)) {
        const { status, reason } = trouble;
        this.#actions.send(clientId, unrunOutcome(id, status, reason));
      }
      return;
    }
    if (request.mode === "balanced") {
      this.#admit(clientId, request.id, request.targets, request, payload);
      return;
    }
    const { targets, terms } = request;
    const group = terms?.coalesced === true && targets.length > 1
      ? new OutcomeGroup(
        targets.length,
        (outcome, value) => this.#actions.send(clientId, outcome, value),
      )
      : undefined;
    for (const [index, id] of runIds(request).entries()) {
      const target = targets[index];
      if (target === undefined) continue;
      this.#admit(clientId, id, target, request, payload, group);
    }
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
    const task = entry?.assigned.get(outcome.id);
    if (entry === undefined || task === undefined) return false;
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
    if (client.unfinished === 0) this.#dispatch.placements.forget(client);
  }

  #problemWith(
    clientId: string,
    request: TaskRequest,
    payload: Payload,
  ): Trouble | undefined {
    const refused = (reason: string): Trouble => ({
      status: "refused",
      reason,
    });
    if (!request.id.startsWith(`${clientId}-`)) {
      return refused("its id does not belong to this client");
    }
    const { engines, placements } = this.#dispatch;
    for (const target of request.targets) {
      const entry = engines.get(target);
      if (entry === undefined) {
        return refused(`engine ${target} is not in the cluster`);
      }
      if (entry.draining && request.mode === "direct") {
        return refused(`engine ${target} is being drained`);
      }
    }
    const runs = request.mode === "direct" ? request.targets.length : 1;
    if (runs === 0) return refused("it names no engine");
    const { tasksMax, payloadBytesMax, placementsMax } = this.#limits;
    const { size, payloadBytes } = this.#book;
    if (size + runs > tasksMax) {
      return refused(`the scheduler holds ${size} tasks, at most ${tasksMax}`);
    }
    const bytes = payloadBytes + byteLength(payload) * runs;
    if (bytes > payloadBytesMax) {
      return refused(
        `the scheduler would hold ${bytes} payload bytes, at most ${payloadBytesMax}`,
      );
    }
    if (placements.size + runs > placementsMax + engines.size) {
      return refused(
        `tasks wait for ${placements.size} different sets of engines, at most ${placementsMax}`,
      );
    }
    if (request.terms === undefined) return undefined;
    const { fates } = this.#book.client(clientId);
    return problemWithTerms(
      clientId,
      request,
      (id) => this.#book.get(id) !== undefined || fates.get(id) !== undefined,
    );
  }

  /** Takes a new task on. */
  #admit(
    clientId: string,
    id: string,
    place: number | readonly number[],
    request: TaskRequest,
    payload: Payload,
    group?: OutcomeGroup,
  ): void {
    // Submitting a task again changes nothing.
    if (this.#book.get(id) !== undefined) return;
    const task: Task = {
      id,
      client: this.#book.client(clientId),
      request,
      payload,
      payloadBytes: byteLength(payload),
      priority: request.terms?.priority ?? 0,
      order: this.#order++,
      place,
      phase: "waiting",
      placement: undefined,
      lane: undefined,
      engine: undefined,
      extra: undefined,
      before: undefined,
      behind: undefined,
    };
    this.#book.add(task);
    if (group !== undefined) extraOf(task).group = group;
    this.#lifecycle.begin(task);
  }
}
