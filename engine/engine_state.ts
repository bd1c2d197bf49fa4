/**
 * The engine's decisions: which task goes to which slot, and what becomes of
 * tasks and slots when something ends. Pure: events are method calls, effects
 * are calls of {@linkcode EngineEffects}.
 *
 * @module
 */
import {
  type Clock,
  Deque,
  meanAfter,
  type PrefetchBounds,
  prefetchDepth,
} from "../base/mod.ts";
import {
  type EngineEnd,
  functionOf,
  type TaskAssign,
  type TaskOutcome,
} from "../messages/mod.ts";
import type { EngineLimits } from "./engine_limits.ts";
import { FinishedTasks } from "./finished_tasks.ts";
import { NamespaceFanOut, placeOf, wholeTaskId } from "./namespace_fan_out.ts";
import { RecentByHash } from "./recent_by_hash.ts";
import { respawnDelayMs } from "./respawn_policy.ts";
import {
  stoppedOutcome,
  stopReason,
  StopStep,
  type TaskStop,
} from "./stop_state.ts";
import {
  type FunctionText,
  type HeldTask,
  newSlotState,
  type Payload,
  SLOT_FUNCTION_BYTES_MAX,
  type SlotState,
  unrunOutcome,
} from "./slot_state.ts";

/** What the state asks its shell to do. Nothing here may call back. */
export interface EngineEffects {
  /** Give a function's source to a slot. */
  sendSource(slot: number, hash: string, source: Uint8Array): void;
  /** Give a task to a slot, behind those that it has. */
  assignTask(slot: number, task: TaskAssign, payload: Payload): void;
  /** Stop a task that a slot has been given. */
  stopTask(slot: number, id: string): void;
  /** Tell the scheduler how a task ended. */
  sendOutcome(outcome: TaskOutcome, payload: Payload): void;
  /** Tell the scheduler that the engine is ready, and what it holds. */
  announce(holding: readonly string[]): void;
  /** Ask the scheduler for a source. */
  requestSource(hash: string): void;
  /** Start a slot's next process. */
  startSlot(slot: number, delayMs: number): void;
  /** Every slot has been ready once: the engine can work. */
  slotsReady(): void;
  /** The engine cannot go on. */
  endEngine(reason: string): void;
}

/** Options of {@linkcode EngineState}. */
export interface EngineStateOptions {
  /** How many slots there are; their first processes are being started. */
  readonly slots: number;
  /** The limits of the engine. */
  readonly limits: EngineLimits;
  /** Stamps the outcomes of tasks that never ran. */
  readonly clock: Pick<Clock, "now">;
  /** What carries out the decisions. */
  readonly effects: EngineEffects;
}

/** Dropped tasks that may lie in the queue before it is swept. */
const DROPPED_MIN = 64;

const NO_PAYLOAD: Payload = [];

/**
 * Holds every task from its arrival to its outcome. While a task is queued,
 * every ready slot has as much as it should, so that a finished task makes
 * room at its own slot only and each event costs constant time.
 */
export class EngineState {
  readonly #limits: EngineLimits;
  readonly #prefetch: PrefetchBounds;
  readonly #clock: Pick<Clock, "now">;
  readonly #effects: EngineEffects;
  readonly #slots: SlotState[] = [];
  readonly #tasks = new Map<string, HeldTask>();
  readonly #missing = new Map<string, HeldTask[]>();
  readonly #sources: RecentByHash<FunctionText>;
  readonly #finishedTasks: FinishedTasks;
  readonly #fanOut: NamespaceFanOut;
  #queue = new Deque<HeldTask>();
  #droppedInQueue = 0;
  #finished = 0;
  #slotsToBeReady: number;

  /** Starts with no task and with slots that are not ready yet. */
  constructor(options: EngineStateOptions) {
    this.#limits = options.limits;
    this.#prefetch = {
      coverMs: options.limits.prefetchCoverMs,
      tasksMax: options.limits.prefetchTasksMax,
    };
    this.#clock = options.clock;
    this.#effects = options.effects;
    this.#sources = new RecentByHash(options.limits.sourceBytesMax);
    this.#finishedTasks = new FinishedTasks(options.limits);
    this.#slotsToBeReady = options.slots;
    this.#fanOut = new NamespaceFanOut({
      slots: options.slots,
      send: (outcome, payload) => this.#report(outcome, payload),
    });
    for (let index = 0; index < options.slots; index++) {
      this.#slots.push(newSlotState(index));
    }
  }

  /** Slots that work on a task. */
  get running(): number {
    let running = 0;
    for (const slot of this.#slots) if (slot.tasks.length > 0) running++;
    return running;
  }

  /** Tasks held that do not run. */
  get queued(): number {
    return this.#tasks.size - this.running;
  }

  /** Tasks that have had an outcome. */
  get finished(): number {
    return this.#finished;
  }

  /** A scheduler sent a task. */
  taskAssigned(assign: TaskAssign, payload: Payload): void {
    const done = this.#finishedTasks.get(assign.id);
    if (done !== undefined) {
      return this.#effects.sendOutcome(done.outcome, done.payload);
    }
    const place = this.#slots.length > 1 ? placeOf(assign.work) : "anywhere";
    if (place !== "everywhere") {
      return this.#take(assign, payload, place === "first" ? 0 : undefined);
    }
    for (const [slot, part] of this.#fanOut.cut(assign).entries()) {
      this.#take(part, payload, slot);
    }
  }

  #take(
    assign: TaskAssign,
    payload: Payload,
    pinned: number | undefined,
  ): void {
    const { id } = assign;
    if (this.#tasks.has(id)) return;
    if (this.#tasks.size >= this.#limits.tasksMax) {
      const reason = `Cannot hold task: the engine has ${this.#tasks.size}`;
      return this.#fanOut.outcome(
        unrunOutcome(id, "refused", reason, this.#clock),
        NO_PAYLOAD,
      );
    }
    const hash = functionOf(assign.work);
    const source = hash === undefined ? undefined : this.#sources.touch(hash);
    const task: HeldTask = {
      assign,
      payload,
      source,
      place: "queued",
      pinned,
      slot: -1,
      stop: undefined,
    };
    this.#tasks.set(id, task);
    if (source === undefined && hash !== undefined) {
      this.#awaitSource(task, hash);
    } else this.#place(task);
  }

  /** A scheduler sent the source of a function. */
  sourceArrived(hash: string, bytes: Uint8Array): void {
    const source: FunctionText = { hash, bytes };
    this.#sources.put(hash, source, bytes.byteLength);
    const waiting = this.#missing.get(hash);
    if (waiting === undefined) return;
    this.#missing.delete(hash);
    for (const task of waiting) {
      if (task.place !== "missing") continue;
      task.source = source;
      this.#place(task);
    }
  }

  /** Somebody does not want these tasks any more. */
  tasksCancelled(ids: readonly string[], reason: string): void {
    for (const id of ids.flatMap((whole) => this.#fanOut.parts(whole))) {
      const task = this.#tasks.get(id);
      if (task === undefined) continue;
      if (task.place === "slot") {
        this.#stop(task, { status: "cancelled", reason });
      } else this.#drop(task, reason);
    }
    this.#sweep();
  }

  /** A task has run for longer than it may. */
  taskTimedOut(id: string): void {
    const task = this.#tasks.get(id);
    if (task?.place !== "slot") return;
    const reason = `it ran for more than ${task.assign.timeoutMs} ms`;
    this.#stop(task, { status: "timed_out", reason });
  }

  /**
   * Somebody wants what runs now to stop; what waits goes on.
   *
   * @returns How many tasks are being stopped.
   */
  interrupted(reason: string): number {
    let stopped = 0;
    for (const slot of this.#slots) {
      const task = slot.tasks.peek();
      if (task === undefined) continue;
      this.#stop(task, { status: "cancelled", reason });
      stopped++;
    }
    return stopped;
  }

  /** A slot's process is ready for work. */
  slotReady(index: number): void {
    const slot = this.#slots[index];
    if (slot?.phase !== "starting") return;
    slot.phase = "ready";
    slot.failedStarts = 0;
    if (!slot.wasReady) {
      slot.wasReady = true;
      this.#slotsToBeReady--;
      if (this.#slotsToBeReady === 0) this.#effects.slotsReady();
    }
    this.#fill(slot);
  }

  /**
   * A slot says how a task ended.
   *
   * @returns Whether it was the slot's first unfinished task; if not, the
   * slot cannot be trusted.
   */
  taskFinished(
    index: number,
    outcome: TaskOutcome,
    payload: Payload,
  ): boolean {
    const slot = this.#slots[index];
    const task = slot?.tasks.peek();
    if (slot === undefined || task?.assign.id !== outcome.id) return false;
    slot.tasks.shift();
    slot.endsInRow = 0;
    const tookMs = outcome.completedMs - outcome.startedMs;
    slot.meanMs = meanAfter(slot.meanMs, Math.max(0, tookMs));
    this.#fill(slot);
    const next = slot.tasks.peek();
    if (next?.stop !== undefined) {
      this.#effects.stopTask(index, next.assign.id);
    }
    this.#settle(task, stoppedOutcome(outcome, task.stop), payload);
    return true;
  }

  /**
   * A slot's process is gone, and everything it said has been heard: its
   * first unfinished task is lost, the others were never started.
   */
  slotEnded(index: number, end: EngineEnd): void {
    const slot = this.#slots[index];
    if (slot === undefined || slot.phase === "ended") return;
    if (slot.phase === "starting") slot.failedStarts++;
    slot.endsInRow++;
    slot.phase = "ended";
    slot.functions = new RecentByHash(SLOT_FUNCTION_BYTES_MAX);
    slot.meanMs = undefined;
    const lost = slot.tasks.shift();
    this.#requeue(slot);
    if (lost !== undefined) this.#lose(lost, end);
    if (slot.failedStarts >= this.#limits.slotStartsMax) {
      return this.#effects.endEngine(
        `Cannot start slot ${index}: ${slot.failedStarts} processes ended ` +
          `before they were ready, the last one said: ${end.reason}`,
      );
    }
    slot.phase = "starting";
    const delayMs = respawnDelayMs(slot.endsInRow, this.#limits);
    this.#effects.startSlot(index, delayMs);
    this.#fillOthers();
  }

  /**
   * A scheduler is there, perhaps again: what was said to it last may be
   * lost, so that outcomes which it may lack count as held and follow.
   */
  schedulerConnected(): void {
    const finished = [...this.#finishedTasks.all()];
    const held = new Set(
      [...this.#tasks.keys(), ...finished.map(({ outcome }) => outcome.id)]
        .map(wholeTaskId),
    );
    this.#effects.announce([...held]);
    for (const hash of this.#missing.keys()) this.#effects.requestSource(hash);
    for (const { outcome, payload } of finished) {
      this.#effects.sendOutcome(outcome, payload);
    }
  }

  #stop(task: HeldTask, stop: TaskStop): void {
    if (task.stop !== undefined) return;
    task.stop = stop;
    this.#effects.stopTask(task.slot, task.assign.id);
  }

  /** Ends a task whose process is gone. */
  #lose(task: HeldTask, end: EngineEnd): void {
    const { assign: { id }, stop } = task;
    const outcome = stop === undefined
      ? { ...unrunOutcome(id, "engine_lost", end.reason, this.#clock), end }
      : unrunOutcome(
        id,
        stop.status,
        stopReason(stop, StopStep.KILLED),
        this.#clock,
      );
    this.#settle(task, outcome, NO_PAYLOAD);
  }

  #awaitSource(task: HeldTask, hash: string): void {
    task.place = "missing";
    const waiting = this.#missing.get(hash);
    if (waiting !== undefined) {
      waiting.push(task);
      return;
    }
    this.#missing.set(hash, [task]);
    this.#effects.requestSource(hash);
  }

  /** Gives a task to the slot that has least, or queues it. */
  #place(task: HeldTask): void {
    const only = this.#slots[task.pinned ?? -1];
    if (only !== undefined) {
      task.place = "pinned";
      only.pinned.push(task);
      return this.#fill(only);
    }
    const slot = this.#queue.length > 0 ? undefined : this.#roomiest();
    if (slot !== undefined) return this.#assign(slot, task);
    task.place = "queued";
    this.#queue.push(task);
  }

  /** The ready slot with the fewest tasks that should have one more. */
  #roomiest(): SlotState | undefined {
    let best: SlotState | undefined;
    for (const slot of this.#slots) {
      if (!this.#hasRoom(slot)) continue;
      if (best !== undefined && slot.tasks.length >= best.tasks.length) {
        continue;
      }
      if (slot.tasks.length === 0) return slot;
      best = slot;
    }
    return best;
  }

  #hasRoom(slot: SlotState): boolean {
    if (slot.phase !== "ready") return false;
    return slot.tasks.length < prefetchDepth(slot.meanMs, this.#prefetch);
  }

  #fill(slot: SlotState): void {
    // What changes the namespace comes before what may need it.
    while (slot.pinned.length > 0 && this.#hasRoom(slot)) {
      const task = slot.pinned.shift();
      if (task?.place === "pinned") this.#assign(slot, task);
    }
    while (this.#queue.length > 0 && this.#hasRoom(slot)) {
      const task = this.#nextQueued();
      if (task === undefined) return;
      this.#assign(slot, task);
    }
  }

  /** Gives what a slot left behind to those that have room. */
  #fillOthers(): void {
    while (this.#queue.length > 0) {
      const slot = this.#roomiest();
      const task = slot && this.#nextQueued();
      if (slot === undefined || task === undefined) return;
      this.#assign(slot, task);
    }
  }

  #nextQueued(): HeldTask | undefined {
    for (;;) {
      const task = this.#queue.shift();
      if (task?.place !== "dropped") return task;
      this.#droppedInQueue--;
    }
  }

  #assign(slot: SlotState, task: HeldTask): void {
    const { source } = task;
    task.place = "slot";
    task.slot = slot.index;
    slot.tasks.push(task);
    if (
      source !== undefined && slot.functions.touch(source.hash) === undefined
    ) {
      slot.functions.put(source.hash, true, source.bytes.byteLength);
      this.#effects.sendSource(slot.index, source.hash, source.bytes);
    }
    this.#effects.assignTask(slot.index, task.assign, task.payload);
  }

  /** Puts the tasks that a slot never started back where they came from. */
  #requeue(slot: SlotState): void {
    const tasks = [...slot.tasks];
    slot.tasks.clear();
    for (const task of tasks.reverse()) {
      if (task.stop !== undefined) {
        this.#drop(task, task.stop.reason);
        continue;
      }
      if (task.pinned !== undefined) {
        task.place = "pinned";
        slot.pinned.unshift(task);
        continue;
      }
      task.place = "queued";
      this.#queue.unshift(task);
    }
  }

  /** Ends a task that no slot has. */
  #drop(task: HeldTask, reason: string): void {
    if (task.place === "queued") this.#droppedInQueue++;
    task.place = "dropped";
    task.payload = NO_PAYLOAD;
    const outcome = unrunOutcome(
      task.assign.id,
      "cancelled",
      reason,
      this.#clock,
    );
    this.#settle(task, outcome, NO_PAYLOAD);
  }

  #settle(task: HeldTask, outcome: TaskOutcome, payload: Payload): void {
    this.#tasks.delete(task.assign.id);
    this.#finished++;
    this.#fanOut.outcome(outcome, payload);
  }

  /** Tells the scheduler how a whole task ended. */
  #report(outcome: TaskOutcome, payload: Payload): void {
    // A task that never ran to its end may be tried here once more.
    const ran = outcome.status === "ok" || outcome.status === "error";
    if (ran) this.#finishedTasks.add(outcome, payload);
    this.#effects.sendOutcome(outcome, payload);
  }

  /** Forgets dropped tasks before they fill the queue or a waiting list. */
  #sweep(): void {
    for (const [hash, waiting] of this.#missing) {
      const wanted = waiting.filter((task) => task.place === "missing");
      if (wanted.length === 0) this.#missing.delete(hash);
      else if (wanted.length < waiting.length) this.#missing.set(hash, wanted);
    }
    if (
      this.#droppedInQueue < DROPPED_MIN ||
      this.#droppedInQueue * 2 < this.#queue.length
    ) return;
    const wanted = new Deque<HeldTask>();
    for (const task of this.#queue) {
      if (task.place !== "dropped") wanted.push(task);
    }
    this.#queue = wanted;
    this.#droppedInQueue = 0;
  }
}
