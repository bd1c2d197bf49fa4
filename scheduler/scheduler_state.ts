/**
 * Decides where each task runs. Pure: events come in as calls, what is to be
 * said goes out through {@linkcode SchedulerActions}.
 *
 * A task is *held* until its function's source is here, then *queued*, then
 * *assigned* to one engine, then gone with its outcome. Each event costs the
 * same however many tasks wait.
 *
 * @module
 */
import { meanAfter, prefetchDepth } from "../base/mod.ts";
import {
  directTaskId,
  type EngineEnd,
  functionOf,
  type FunctionSource,
  type Message,
  type TaskEvent,
  type TaskEventAck,
  type TaskOutcome,
  type TaskRequest,
} from "../messages/mod.ts";
import { FunctionStore } from "./function_store.ts";
import { LoadBuckets } from "./load_buckets.ts";
import {
  assignMessage,
  byteLength,
  EngineEntry,
  type Task,
  unrunOutcome,
} from "./entries.ts";
import { TaskBook } from "./task_book.ts";
import { forwardEvent, forwardEventAck } from "./task_events.ts";
import { TaskQueues } from "./task_queues.ts";

type Payload = readonly Uint8Array[];

/** What the state asks for. */
export interface SchedulerActions {
  /** Says something to a client or an engine, by routing id. */
  send(
    routingId: string,
    message: Message,
    payload?: readonly Uint8Array[],
  ): void;
}

/** Limits of a scheduler. */
export interface SchedulerLimits {
  /** Most tasks that wait or run, of all clients together. */
  readonly tasksMax: number;
  /** Most payload bytes of tasks that wait or run. */
  readonly payloadBytesMax: number;
  /** Most tasks assigned to one slot at once, and the default's upper end. */
  readonly tasksPerSlotMax: number;
}

/** Limits unless told otherwise. */
export const SCHEDULER_LIMITS: SchedulerLimits = {
  tasksMax: 8 << 20,
  payloadBytesMax: 8 * 2 ** 30,
  tasksPerSlotMax: 128,
};

/** Work that is sent ahead covers this long: a few round trips. */
const PREFETCH_COVER_MS = 2;

/** Options of {@linkcode SchedulerState}. */
export interface SchedulerStateOptions {
  /** Performs what is decided. */
  readonly actions: SchedulerActions;
  /**
   * High-water mark: tasks assigned to one slot at once. 0 means no bound;
   * `undefined` adapts to how long tasks take.
   */
  readonly hwm?: number | undefined;
  /** Limits other than {@linkcode SCHEDULER_LIMITS}. */
  readonly limits?: Partial<SchedulerLimits> | undefined;
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
  readonly #hwm: number | undefined;
  readonly #limits: SchedulerLimits;
  readonly #functions = new FunctionStore();
  readonly #book = new TaskBook();
  readonly #engines = new Map<number, EngineEntry>();
  readonly #enginesByRoute = new Map<string, EngineEntry>();
  readonly #queues = new TaskQueues(this.#engines);
  /** Connected engines that can take another balanced task. */
  readonly #open = new LoadBuckets<EngineEntry>();
  /** Tasks whose function's source is not here, by its hash. */
  readonly #held = new Map<string, Task[]>();
  #order = 0;
  #running = 0;

  /** Makes a scheduler that knows no engine and no task. */
  constructor(options: SchedulerStateOptions) {
    this.#actions = options.actions;
    this.#hwm = options.hwm;
    this.#limits = { ...SCHEDULER_LIMITS, ...options.limits };
  }

  /** How many tasks run, wait and ended. */
  get counts(): SchedulerCounts {
    return {
      running: this.#running,
      queued: this.#book.size - this.#running,
      finished: this.#book.finished,
    };
  }

  /** The hub says: this engine is in the cluster. */
  engineJoined(engineId: number, routingId: string, slots: number): void {
    if (this.#engines.has(engineId)) return;
    const entry = new EngineEntry(engineId, routingId, slots);
    this.#queues.open(entry);
    this.#engines.set(engineId, entry);
    this.#enginesByRoute.set(routingId, entry);
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
    const entry = this.#enginesByRoute.get(routingId);
    if (entry === undefined) return false;
    entry.slots = Math.max(1, slots);
    entry.connected = true;
    entry.functions.clear();
    const held = new Set(holding);
    for (const task of [...entry.assigned.values()]) {
      if (held.has(task.id)) continue;
      entry.assigned.delete(task.id);
      this.#loseTask(task, entry, {
        reason: "its connection broke while the task was on its way",
      });
    }
    this.#fill(entry);
    return true;
  }

  /** Fewer slots of an engine work from now on. */
  engineSlots(routingId: string, slots: number): void {
    const entry = this.#enginesByRoute.get(routingId);
    if (entry !== undefined) entry.slots = Math.max(1, slots);
  }

  /** The connection of an engine ended; it may come back. */
  engineDisconnected(routingId: string): void {
    const entry = this.#enginesByRoute.get(routingId);
    if (entry === undefined) return;
    entry.connected = false;
    this.#open.remove(entry);
  }

  /**
   * The hub says: this engine is gone for good.
   *
   * @returns the engine's routing id, if it was known.
   */
  engineLeft(engineId: number, end: EngineEnd): string | undefined {
    const entry = this.#engines.get(engineId);
    if (entry === undefined) return undefined;
    this.#engines.delete(engineId);
    this.#enginesByRoute.delete(entry.routingId);
    this.#open.remove(entry);
    for (const task of entry.assigned.values()) {
      this.#loseTask(task, entry, end);
    }
    for (const task of entry.direct) {
      if (!task.dropped) this.#loseTask(task, entry, end);
    }
    for (const task of this.#queues.takeStranded(entry)) {
      this.#loseTask(task, entry, end);
    }
    return entry.routingId;
  }

  /** A client asks for work. */
  taskRequest(
    client: string,
    request: TaskRequest,
    payload: readonly Uint8Array[],
  ): void {
    const problem = this.#problemWith(client, request, payload);
    if (problem !== undefined) {
      this.#refuse(client, request, problem);
      return;
    }
    if (request.mode === "balanced") {
      this.#admit(client, request.id, request.targets, request, payload);
      return;
    }
    for (const [index, target] of request.targets.entries()) {
      const id = directTaskId(request.id, index);
      this.#admit(client, id, target, request, payload);
    }
  }

  /** A client sends the source behind a hash that has been checked. */
  functionSource(message: FunctionSource, source: Uint8Array): void {
    this.#functions.add(message.hash, source);
    const held = this.#held.get(message.hash);
    if (held === undefined) return;
    this.#held.delete(message.hash);
    for (const task of held) {
      if (task.dropped) continue;
      this.#functions.pin(message.hash);
      this.#enqueue(task);
    }
  }

  /** An engine has forgotten a source. */
  functionMissing(routingId: string, hash: string): void {
    const entry = this.#enginesByRoute.get(routingId);
    const source = this.#functions.source(hash);
    if (entry === undefined || source === undefined) return;
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
    const entry = this.#enginesByRoute.get(routingId);
    const task = entry?.assigned.get(outcome.id);
    if (entry === undefined || task === undefined) return false;
    entry.assigned.delete(task.id);
    this.#running--;
    this.#finish(task);
    entry.meanTaskMs = meanAfter(
      entry.meanTaskMs,
      Math.max(0, outcome.completedMs - outcome.startedMs),
    );
    if (!task.dropped) {
      const checked = outcome.engineId === entry.engineId
        ? outcome
        : { ...outcome, engineId: entry.engineId };
      this.#actions.send(task.client, checked, payload);
    }
    this.#fill(entry);
    return true;
  }

  /** A task tells its client something; only the engine that has it may. */
  taskEvent(routingId: string, event: TaskEvent, payload: Payload): void {
    const entry = this.#enginesByRoute.get(routingId);
    forwardEvent(entry, event, payload, this.#actions.send);
  }

  /** A client has consumed what a task of its own told it. */
  taskEventAck(client: string, ack: TaskEventAck): void {
    forwardEventAck(this.#book.get(ack.id), client, ack, this.#actions.send);
  }

  /** A client no longer wants some tasks. */
  taskCancel(client: string, ids: readonly string[], reason: string): void {
    for (const id of ids) {
      const task = this.#book.get(id);
      if (task === undefined || task.client !== client) continue;
      if (task.engine === undefined) {
        this.#endUnrun(task, "cancelled", reason);
        continue;
      }
      this.#actions.send(task.engine.routingId, {
        type: "task_cancel",
        ids: [id],
        reason,
      });
    }
  }

  /** A client is gone for good: nobody waits for its tasks. */
  clientGone(client: string): void {
    for (const task of [...this.#book.ofClient(client)]) {
      task.dropped = true;
      if (task.engine === undefined) {
        this.#finish(task);
        continue;
      }
      this.#actions.send(task.engine.routingId, {
        type: "task_cancel",
        ids: [task.id],
        reason: "its client is gone",
      });
    }
  }

  #problemWith(
    client: string,
    request: TaskRequest,
    payload: readonly Uint8Array[],
  ): string | undefined {
    if (!request.id.startsWith(`${client}-`)) {
      return "its id does not belong to this client";
    }
    for (const target of request.targets) {
      if (!this.#engines.has(target)) {
        return `engine ${target} is not in the cluster`;
      }
    }
    const runs = request.mode === "direct" ? request.targets.length : 1;
    if (runs === 0) return "it names no engine";
    if (this.#book.size + runs > this.#limits.tasksMax) {
      return `the scheduler holds ${this.#book.size} tasks, at most ${this.#limits.tasksMax}`;
    }
    const bytes = this.#book.payloadBytes + byteLength(payload) * runs;
    if (bytes > this.#limits.payloadBytesMax) {
      return `the scheduler would hold ${bytes} payload bytes, at most ${this.#limits.payloadBytesMax}`;
    }
    return undefined;
  }

  #refuse(client: string, request: TaskRequest, reason: string): void {
    const ids = request.mode === "direct" && request.targets.length > 0
      ? request.targets.map((_, index) => directTaskId(request.id, index))
      : [request.id];
    for (const id of ids) {
      this.#actions.send(client, unrunOutcome(id, "refused", reason));
    }
  }

  /** Queues a new task, or holds it until its function's source is here. */
  #admit(
    client: string,
    id: string,
    place: number | readonly number[],
    request: TaskRequest,
    payload: readonly Uint8Array[],
  ): void {
    // Submitting a task again changes nothing.
    if (this.#book.get(id) !== undefined) return;
    const task: Task = {
      id,
      client,
      work: request.work,
      timeoutMs: request.timeoutMs,
      permissions: request.permissions,
      payload,
      payloadBytes: byteLength(payload),
      order: this.#order++,
      place,
      engine: undefined,
      dropped: false,
    };
    this.#book.add(task);
    const hash = functionOf(task.work);
    if (hash === undefined || this.#functions.source(hash) !== undefined) {
      if (hash !== undefined) this.#functions.pin(hash);
      this.#enqueue(task);
      return;
    }
    const held = this.#held.get(hash);
    if (held !== undefined) {
      held.push(task);
      return;
    }
    this.#held.set(hash, [task]);
    this.#actions.send(task.client, { type: "function_missing", hash });
  }

  #enqueue(task: Task): void {
    const { place } = task;
    if (typeof place === "number") {
      const entry = this.#engines.get(place);
      if (entry === undefined) {
        this.#endUnrun(task, "engine_lost", "the engine has left the cluster");
        return;
      }
      entry.direct.push(task);
      this.#fill(entry);
      return;
    }
    const queue = this.#queues.queueFor(place);
    queue.tasks.push(task);
    // Where others wait already, no engine has room.
    if (queue.tasks.length > 1) return;
    const entry = queue.targets === undefined
      ? this.#open.least()
      : this.#leastOf(queue.targets);
    if (entry !== undefined) this.#fill(entry);
  }

  #leastOf(targets: ReadonlySet<number>): EngineEntry | undefined {
    let least: EngineEntry | undefined;
    for (const target of targets) {
      const entry = this.#engines.get(target);
      if (entry === undefined || !entry.connected) continue;
      if (entry.assigned.size >= this.#credit(entry)) continue;
      if (least === undefined || entry.load < least.load) least = entry;
    }
    return least;
  }

  /** How many tasks an engine may hold at once. */
  #credit(entry: EngineEntry): number {
    const max = this.#limits.tasksPerSlotMax;
    if (this.#hwm === 0) return Infinity;
    return entry.slots * (this.#hwm ?? prefetchDepth(entry.meanTaskMs, {
      coverMs: PREFETCH_COVER_MS,
      tasksMax: max,
    }));
  }

  /** Gives an engine work for as long as it has credit and there is some. */
  #fill(entry: EngineEntry): void {
    if (!entry.connected) return;
    const directMax = entry.slots * this.#limits.tasksPerSlotMax;
    while (entry.assigned.size < directMax) {
      const task = entry.direct.shift();
      if (task === undefined) break;
      if (!task.dropped) this.#assign(entry, task);
    }
    const credit = this.#credit(entry);
    while (entry.assigned.size < credit) {
      const task = this.#queues.takeFor(entry);
      if (task === undefined) break;
      this.#assign(entry, task);
    }
    if (entry.assigned.size < credit) this.#open.place(entry);
    else this.#open.remove(entry);
  }

  #assign(entry: EngineEntry, task: Task): void {
    task.engine = entry;
    entry.assigned.set(task.id, task);
    this.#running++;
    this.#sendTask(entry, task);
  }

  #sendTask(entry: EngineEntry, task: Task): void {
    const hash = functionOf(task.work);
    if (hash !== undefined && !entry.functions.has(hash)) {
      const source = this.#functions.source(hash);
      if (source !== undefined) {
        const message = { type: "function_source", hash } as const;
        this.#actions.send(entry.routingId, message, [source]);
        entry.functions.add(hash);
      }
    }
    this.#actions.send(entry.routingId, assignMessage(task), task.payload);
  }

  #loseTask(task: Task, entry: EngineEntry, end: EngineEnd): void {
    if (task.engine !== undefined) this.#running--;
    this.#finish(task);
    if (task.dropped) return;
    task.dropped = true;
    this.#actions.send(task.client, {
      ...unrunOutcome(task.id, "engine_lost", end.reason),
      engineId: entry.engineId,
      end,
    });
  }

  #endUnrun(
    task: Task,
    status: "cancelled" | "engine_lost",
    reason: string,
  ): void {
    task.dropped = true;
    this.#finish(task);
    this.#actions.send(task.client, unrunOutcome(task.id, status, reason));
  }

  /** Forgets a task that has its outcome. */
  #finish(task: Task): void {
    if (!this.#book.finish(task)) return;
    const hash = functionOf(task.work);
    if (hash !== undefined) this.#functions.unpin(hash);
  }
}
