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
import { Deque, meanAfter, prefetchDepth } from "../base/mod.ts";
import {
  directTaskId,
  type EngineEnd,
  type FunctionSource,
  type Message,
  type TaskOutcome,
  type TaskRequest,
  type Work,
} from "../messages/mod.ts";
import { FunctionStore } from "./function_store.ts";
import { LoadBuckets } from "./load_buckets.ts";

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

interface Task {
  readonly id: string;
  readonly client: string;
  readonly work: Work;
  readonly payload: readonly Uint8Array[];
  /** Order of submission, for fairness between queues. */
  readonly order: number;
  /** Where it runs; -1 for any engine. */
  readonly target: number;
  engine: EngineEntry | undefined;
  /** Nobody waits for it any more; it is passed over in its queue. */
  dropped: boolean;
}

/** Tasks that the same engines may run, first come first served. */
interface TaskQueue {
  readonly key: string;
  readonly tasks: Deque<Task>;
  /** Engine ids allowed; `undefined` for any. */
  readonly targets: ReadonlySet<number> | undefined;
}

class EngineEntry {
  readonly engineId: number;
  readonly routingId: string;
  slots: number;
  connected = false;
  meanTaskMs: number | undefined;
  readonly assigned = new Map<string, Task>();
  readonly functions = new Set<string>();
  readonly direct = new Deque<Task>();
  readonly queues = new Set<TaskQueue>();

  constructor(engineId: number, routingId: string, slots: number) {
    this.engineId = engineId;
    this.routingId = routingId;
    this.slots = slots;
  }

  get load(): number {
    return Math.floor(this.assigned.size / this.slots);
  }
}

/** The scheduler's mind. */
export class SchedulerState {
  readonly #actions: SchedulerActions;
  readonly #hwm: number | undefined;
  readonly #limits: SchedulerLimits;
  readonly #functions = new FunctionStore();
  readonly #tasks = new Map<string, Task>();
  readonly #engines = new Map<number, EngineEntry>();
  readonly #enginesByRoute = new Map<string, EngineEntry>();
  /** Connected engines that can take another balanced task. */
  readonly #open = new LoadBuckets<EngineEntry>();
  readonly #anyQueue: TaskQueue = {
    key: "",
    tasks: new Deque(),
    targets: undefined,
  };
  readonly #queues = new Map<string, TaskQueue>();
  readonly #heldByFunction = new Map<string, Task[]>();
  readonly #tasksByClient = new Map<string, Set<Task>>();
  #order = 0;
  #running = 0;
  #finished = 0;
  #payloadBytes = 0;

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
      queued: this.#tasks.size - this.#running,
      finished: this.#finished,
    };
  }

  /** Engine ids known and how many tasks each holds. */
  *engineLoads(): Iterable<readonly [number, number]> {
    for (const entry of this.#engines.values()) {
      yield [entry.engineId, entry.assigned.size + entry.direct.length];
    }
  }

  /** The hub says: this engine is in the cluster. */
  engineJoined(engineId: number, routingId: string, slots: number): void {
    if (this.#engines.has(engineId)) return;
    const entry = new EngineEntry(engineId, routingId, slots);
    entry.queues.add(this.#anyQueue);
    for (const queue of this.#queues.values()) {
      if (queue.targets?.has(engineId)) entry.queues.add(queue);
    }
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
    this.#dropDeadQueues(entry, end);
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
      const queue = this.#queueFor(request.targets);
      const task = this.#newTask(client, request.id, -1, request, payload);
      if (task !== undefined) this.#admit(task, queue);
      return;
    }
    for (const [index, target] of request.targets.entries()) {
      const id = directTaskId(request.id, index);
      const task = this.#newTask(client, id, target, request, payload);
      if (task !== undefined) this.#admit(task, undefined);
    }
  }

  /** A client sends the source behind a hash that has been checked. */
  functionSource(message: FunctionSource, source: Uint8Array): void {
    this.#functions.add(message.hash, source);
    const held = this.#heldByFunction.get(message.hash);
    if (held === undefined) return;
    this.#heldByFunction.delete(message.hash);
    for (const task of held) {
      if (!task.dropped) this.#release(task);
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
    payload: readonly Uint8Array[],
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

  /** A client no longer wants some tasks. */
  taskCancel(client: string, ids: readonly string[], reason: string): void {
    for (const id of ids) {
      const task = this.#tasks.get(id);
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
    const tasks = this.#tasksByClient.get(client);
    if (tasks === undefined) return;
    for (const task of tasks) {
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
    if (this.#tasks.size + runs > this.#limits.tasksMax) {
      return `the scheduler holds ${this.#tasks.size} tasks, at most ${this.#limits.tasksMax}`;
    }
    const bytes = this.#payloadBytes + byteLength(payload) * runs;
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

  #newTask(
    client: string,
    id: string,
    target: number,
    request: TaskRequest,
    payload: readonly Uint8Array[],
  ): Task | undefined {
    // Submitting a task again changes nothing.
    if (this.#tasks.has(id)) return undefined;
    const task: Task = {
      id,
      client,
      work: request.work,
      payload,
      order: this.#order++,
      target,
      engine: undefined,
      dropped: false,
    };
    this.#tasks.set(id, task);
    this.#payloadBytes += byteLength(payload);
    let owned = this.#tasksByClient.get(client);
    if (owned === undefined) {
      owned = new Set();
      this.#tasksByClient.set(client, owned);
    }
    owned.add(task);
    return task;
  }

  /** Queues a new task, or holds it until its function's source is here. */
  #admit(task: Task, queue: TaskQueue | undefined): void {
    const hash = task.work.function;
    this.#functions.pin(hash);
    if (this.#functions.source(hash) !== undefined) {
      this.#enqueue(task, queue);
      return;
    }
    const held = this.#heldByFunction.get(hash);
    if (held !== undefined) {
      held.push(task);
      this.#heldQueue.set(task, queue);
      return;
    }
    this.#heldByFunction.set(hash, [task]);
    this.#heldQueue.set(task, queue);
    this.#actions.send(task.client, { type: "function_missing", hash });
  }

  readonly #heldQueue = new Map<Task, TaskQueue | undefined>();

  #release(task: Task): void {
    const queue = this.#heldQueue.get(task);
    this.#heldQueue.delete(task);
    this.#functions.pin(task.work.function);
    this.#enqueue(task, queue);
  }

  #enqueue(task: Task, queue: TaskQueue | undefined): void {
    if (queue === undefined) {
      const entry = this.#engines.get(task.target);
      if (entry === undefined) {
        this.#endUnrun(task, "engine_lost", "the engine has left the cluster");
        return;
      }
      entry.direct.push(task);
      if (entry.connected) this.#fill(entry);
      return;
    }
    queue.tasks.push(task);
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
      const queue = firstOf(entry.queues);
      const task = queue?.tasks.shift();
      if (queue === undefined || task === undefined) break;
      if (queue.tasks.length === 0) this.#retire(queue);
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
    const hash = task.work.function;
    if (!entry.functions.has(hash)) {
      const source = this.#functions.source(hash);
      if (source !== undefined) {
        this.#actions.send(
          entry.routingId,
          { type: "function_source", hash },
          [source],
        );
        entry.functions.add(hash);
      }
    }
    this.#actions.send(
      entry.routingId,
      {
        type: "task_assign",
        id: task.id,
        client: task.client,
        work: task.work,
      },
      task.payload,
    );
  }

  #queueFor(targets: readonly number[]): TaskQueue {
    if (targets.length === 0) return this.#anyQueue;
    const key = [...targets].sort((a, b) => a - b).join(",");
    let queue = this.#queues.get(key);
    if (queue === undefined) {
      queue = { key, tasks: new Deque(), targets: new Set(targets) };
      this.#queues.set(key, queue);
      for (const target of targets) {
        this.#engines.get(target)?.queues.add(queue);
      }
    }
    return queue;
  }

  /** Forgets an empty queue, so that sets of targets do not pile up. */
  #retire(queue: TaskQueue): void {
    if (queue.targets === undefined) return;
    this.#queues.delete(queue.key);
    for (const target of queue.targets) {
      this.#engines.get(target)?.queues.delete(queue);
    }
  }

  /** Ends tasks that only engines which are all gone could have run. */
  #dropDeadQueues(gone: EngineEntry, end: EngineEnd): void {
    for (const [key, queue] of this.#queues) {
      if (!gone.queues.has(queue) || queue.targets === undefined) continue;
      if ([...queue.targets].some((target) => this.#engines.has(target))) {
        continue;
      }
      this.#queues.delete(key);
      for (const task of queue.tasks) {
        if (!task.dropped) this.#loseTask(task, gone, end);
      }
    }
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
    if (!this.#tasks.delete(task.id)) return;
    this.#heldQueue.delete(task);
    this.#finished++;
    this.#payloadBytes -= byteLength(task.payload);
    this.#functions.unpin(task.work.function);
    const owned = this.#tasksByClient.get(task.client);
    owned?.delete(task);
    if (owned?.size === 0) this.#tasksByClient.delete(task.client);
  }
}

/** The queue whose first task was submitted first. */
function firstOf(queues: ReadonlySet<TaskQueue>): TaskQueue | undefined {
  let best: TaskQueue | undefined;
  let bestOrder = Infinity;
  for (const queue of queues) {
    while (queue.tasks.peek()?.dropped === true) queue.tasks.shift();
    const head = queue.tasks.peek();
    if (head !== undefined && head.order < bestOrder) {
      best = queue;
      bestOrder = head.order;
    }
  }
  return best;
}

function byteLength(payload: readonly Uint8Array[]): number {
  let bytes = 0;
  for (const part of payload) bytes += part.byteLength;
  return bytes;
}

function unrunOutcome(
  id: string,
  status: TaskOutcome["status"],
  reason: string,
): TaskOutcome {
  return {
    type: "task_outcome",
    id,
    status,
    engineId: 0,
    startedMs: 0,
    completedMs: 0,
    outputs: 0,
    reason,
  };
}
