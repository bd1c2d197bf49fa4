/**
 * The engine's decisions: which task goes to which slot, and what becomes of
 * tasks and slots when something ends. Pure: events are method calls, effects
 * are calls of {@linkcode EngineEffects}.
 *
 * @module
 */
import {
  type Clock,
  type LimitTally,
  meanAfter,
  type PrefetchBounds,
  RecentByKey,
} from "../base/mod.ts";
import {
  encodeValue,
  type EngineEnd,
  functionOf,
  type TaskAssign,
  type TaskOutcome,
} from "../messages/mod.ts";
import type { EngineEffects } from "./engine_effects.ts";
import type { EngineLimits } from "./engine_limits.ts";
import type { EngineStateOptions } from "./engine_state_options.ts";
import { NamespaceFanOut, placeOf, wholeTaskId } from "./namespace_fan_out.ts";
import { OutcomeDesk } from "./outcome_desk.ts";
import { takeQueued } from "./recall_policy.ts";
import { respawnDecision, type RespawnPolicy } from "./respawn_policy.ts";
import { numbered, oneMore } from "./run_number.ts";
import { hasRoom, roomiestSlot } from "./slot_choice.ts";
import { stoppedOutcome, type TaskStop } from "./stop_state.ts";
import {
  type FunctionText,
  type HeldTask,
  isAlone,
  isApart,
  lostOutcome,
  newSlotFunctions,
  newSlotState,
  type Payload,
  type SlotState,
  unrunOutcome,
} from "./slot_state.ts";
import { TaskQueue, TasksWithoutSource } from "./task_backlog.ts";

const NO_PAYLOAD: Payload = [];

/**
 * Holds every task from its arrival to its outcome. While a task is queued,
 * every ready slot has as much as it should, so that a finished task makes
 * room at its own slot only and each event costs constant time.
 */
export class EngineState {
  readonly #respawn: RespawnPolicy;
  readonly #limits: EngineLimits;
  readonly #tally: LimitTally | undefined;
  readonly #prefetch: PrefetchBounds;
  readonly #clock: Pick<Clock, "now">;
  readonly #effects: EngineEffects;
  readonly #slots: SlotState[] = [];
  readonly #tasks = new Map<string, HeldTask>();
  readonly #missing = new TasksWithoutSource();
  readonly #queue = new TaskQueue();
  readonly #sources: RecentByKey<FunctionText>;
  readonly #desk: OutcomeDesk;
  readonly #fanOut: NamespaceFanOut;
  /** When the engine registered, as a scheduler said that knows it. */
  #since: number | undefined;
  #finished = 0;
  #slotsToBeReady: number;

  /** Starts with no task and with slots that are not ready yet. */
  constructor(options: EngineStateOptions) {
    this.#respawn = options.respawn;
    this.#limits = options.limits;
    this.#prefetch = {
      coverMs: options.limits.prefetchCoverMs,
      tasksMax: options.limits.prefetchTasksMax,
    };
    this.#clock = options.clock;
    this.#effects = options.effects;
    this.#tally = options.tally;
    this.#sources = new RecentByKey(
      options.limits.sourceBytesMax,
      () => this.#tally?.reached("sourceBytesMax"),
    );
    this.#desk = new OutcomeDesk({
      ...options,
      tally: options.tally,
      run: (assign, payload) => this.taskAssigned(assign, payload),
    });
    this.#slotsToBeReady = options.slots;
    this.#fanOut = new NamespaceFanOut({
      send: (outcome, payload) => this.#desk.ended(outcome, payload),
    });
    for (let index = 0; index < options.slots; index++) {
      this.#slots.push(newSlotState(index, this.#tally));
    }
  }

  /** Slots that work, or will again. */
  get slots(): number {
    return this.#working().length;
  }

  /** Slots that work on a task. */
  get running(): number {
    return this.#slots.filter(({ tasks }) => tasks.length > 0).length;
  }

  /** Tasks held that do not run. */
  get queued(): number {
    return this.#tasks.size - this.running;
  }

  /** Tasks that have had an outcome. */
  get finished(): number {
    return this.#finished;
  }

  /** Outcomes that nobody has taken. */
  get untaken(): number {
    return this.#desk.untaken;
  }

  /** A scheduler sent a task. */
  taskAssigned(assign: TaskAssign, payload: Payload): void {
    if (this.#desk.answers(assign, payload)) return;
    const place = this.#slots.length > 1 ? placeOf(assign) : "anywhere";
    if (place === "anywhere") return this.#take(assign, payload, undefined);
    const slots = this.#working();
    if (place === "first") return this.#take(assign, payload, slots[0]);
    for (const [at, part] of this.#fanOut.cut(assign, slots).entries()) {
      this.#take(part, payload, slots[at]);
    }
  }

  #working(): number[] {
    return this.#slots.filter(({ phase }) => phase !== "gone")
      .map(({ index }) => index);
  }

  #take(
    assign: TaskAssign,
    payload: Payload,
    pinned: number | undefined,
  ): void {
    const { id } = assign;
    if (this.#tasks.has(id)) return;
    if (this.#tasks.size >= this.#limits.tasksMax) {
      this.#tally?.reached("tasksMax");
      const reason = `Cannot hold task: the engine has ${this.#tasks.size}`;
      const refusal = unrunOutcome(id, "refused", reason, this.#clock);
      return this.#fanOut.outcome(refusal, NO_PAYLOAD);
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
    if (source !== undefined || hash === undefined) return this.#place(task);
    if (this.#missing.add(task, hash)) this.#effects.requestSource(hash);
  }

  /** A scheduler sent the source of a function. */
  sourceArrived(hash: string, bytes: Uint8Array): void {
    const source: FunctionText = { hash, bytes };
    this.#sources.put(hash, source, bytes.byteLength);
    for (const task of this.#missing.take(source)) this.#place(task);
  }

  /** Somebody does not want these tasks any more. */
  tasksCancelled(ids: readonly string[], reason: string): void {
    for (const id of ids) {
      if (!this.#desk.calledOff(id)) continue;
      const end = unrunOutcome(id, "cancelled", reason, this.#clock);
      this.#effects.sendOutcome(end, NO_PAYLOAD);
    }
    for (const id of ids.flatMap((whole) => this.#fanOut.parts(whole))) {
      const task = this.#tasks.get(id);
      if (task === undefined) continue;
      if (task.place === "slot") {
        this.#stop(task, { status: "cancelled", reason });
      } else this.#drop(task, reason);
    }
    this.#missing.sweep();
    this.#queue.sweep();
  }

  /** The outcomes of these tasks have arrived, or nobody wants them. */
  outcomesTaken(ids: readonly string[]): void {
    for (const id of ids) {
      const parts = this.#fanOut.parts(id);
      this.#desk.taken(id, parts.some((part) => this.#tasks.has(part)));
    }
  }

  /** Gives back those of some tasks that no slot has. */
  tasksRecalled(ids: readonly string[]): string[] {
    const returned = takeQueued(ids, this.#tasks);
    for (const id of returned) this.#desk.returned(id);
    this.#queue.dropped(returned.length);
    this.#queue.sweep();
    return returned;
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
      if (task.stop !== undefined) stopped++;
    }
    return stopped;
  }

  /** A slot's process is ready for work. */
  slotReady(index: number): void {
    const slot = this.#slots[index];
    if (slot?.phase !== "starting") return;
    slot.phase = "ready";
    slot.failedStarts = 0;
    this.#countReady(slot);
    if (slot.tasks.peek()?.assign.work.kind === "reset") this.#endReset(slot);
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
    // Somebody may have set the clock back meanwhile.
    const tookMs = Math.max(0, outcome.completedMs - outcome.startedMs);
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
    if (slot === undefined || slot.phase === "gone") return;
    const { phase } = slot;
    if (phase === "starting") slot.failedStarts++;
    slot.phase = "starting";
    slot.functions = newSlotFunctions(this.#tally);
    slot.meanMs = undefined;
    // It was ended to be reset: that is no failure.
    if (phase === "leaving") return this.#effects.startSlot(index, 0);
    slot.endsInRow++;
    const head = slot.tasks.peek();
    if (head === undefined || !isAlone(head)) {
      slot.tasks.shift();
      this.#requeue(slot);
      if (head !== undefined) this.#lose(head, end);
    }
    if (slot.failedStarts >= this.#limits.slotStartsMax) {
      return this.#effects.endEngine(
        `Cannot start slot ${index}: ${slot.failedStarts} processes ended ` +
          `before they were ready, the last one said: ${end.reason}`,
      );
    }
    this.#startAgain(slot, end);
    this.#fillOthers();
  }

  /** The process apart of a slot is gone, and so is its task. */
  apartEnded(index: number, end: EngineEnd): void {
    const slot = this.#slots[index];
    const task = slot?.tasks.peek();
    if (slot === undefined || task === undefined || !isApart(task.assign)) {
      return;
    }
    slot.tasks.shift();
    this.#lose(task, end);
    this.#fill(slot);
  }

  #countReady(slot: SlotState): void {
    if (slot.wasReady) return;
    slot.wasReady = true;
    this.#slotsToBeReady--;
    if (this.#slotsToBeReady === 0) this.#effects.slotsReady();
  }

  #startAgain(slot: SlotState, end: EngineEnd): void {
    const { index, endsInRow, respawnsMs } = slot;
    const nowMs = this.#clock.now();
    const decision = respawnDecision(
      { policy: this.#respawn, end, endsInRow, respawnsMs, nowMs },
      this.#limits,
    );
    if ("refusal" in decision) return this.#retire(slot, end, decision.refusal);
    if (decision.isHeldBack) this.#tally?.reached("respawnsMax");
    respawnsMs.push(nowMs + decision.delayMs);
    if (respawnsMs.length > this.#limits.respawnsMax) respawnsMs.shift();
    this.#effects.startSlot(index, decision.delayMs);
  }

  /** A slot is not started again: what only it may run is lost. */
  #retire(slot: SlotState, end: EngineEnd, refusal: string): void {
    slot.phase = "gone";
    const reason = `${end.reason}; ${refusal}`;
    // A process apart needs no slot to end its task.
    const head = slot.tasks.peek();
    if (head !== undefined && !isApart(head.assign)) slot.tasks.shift();
    const lost = head !== undefined && !isApart(head.assign) ? [head] : [];
    lost.push(...slot.pinned);
    slot.pinned.clear();
    for (const task of lost) {
      if (task.place !== "dropped") this.#lose(task, { ...end, reason });
    }
    const left = this.slots;
    this.#effects.slotGone(slot.index, reason, left);
    if (left > 0) return this.#countReady(slot);
    this.#effects.endEngine(`Cannot go on: no slot is left, ${reason}`);
  }

  #endReset(slot: SlotState): void {
    const task = slot.tasks.shift();
    if (task === undefined) return;
    const { assign: { id } } = task;
    const { reason: _, ...outcome } = unrunOutcome(id, "ok", "", this.#clock);
    this.#settle(task, outcome, encodeValue(undefined));
  }

  /**
   * A scheduler is there, perhaps again: what was said to it last may be
   * lost, so that outcomes which it may lack count as held and follow.
   */
  schedulerConnected(): void {
    const held = this.#desk.holding([...this.#tasks.keys()].map(wholeTaskId));
    this.#effects.announce([...held], this.#since);
    for (const hash of this.#missing.hashes) this.#effects.requestSource(hash);
    this.#desk.tellAgain();
  }

  /**
   * A scheduler knows the engine. If that registered at another time than was
   * said before, others may have been given what is held here.
   *
   * @returns Whether the scheduler has to be told again what that is.
   */
  schedulerKnows(since: number): boolean {
    const before = this.#since ?? since;
    this.#since = since;
    if (before === since) return false;
    for (const task of this.#tasks.values()) task.assign = oneMore(task.assign);
    this.#desk.doubted();
    return true;
  }

  #stop(task: HeldTask, stop: TaskStop): void {
    // A slot that starts anew is not to be held up.
    if (task.stop !== undefined || task.assign.work.kind === "reset") return;
    task.stop = stop;
    this.#effects.stopTask(task.slot, task.assign.id);
  }

  /** Ends a task whose process is gone. */
  #lose(task: HeldTask, end: EngineEnd): void {
    this.#settle(task, lostOutcome(task, end, this.#clock), NO_PAYLOAD);
  }

  /** Gives a task to the slot that has least, or queues it. */
  #place(task: HeldTask): void {
    const only = this.#slots[task.pinned ?? -1];
    if (only !== undefined) {
      task.place = "pinned";
      only.pinned.push(task);
      return this.#fill(only);
    }
    const slot = this.#queue.isEmpty
      ? roomiestSlot(this.#slots, task, this.#prefetch)
      : undefined;
    if (slot !== undefined) return this.#assign(slot, task);
    this.#queue.push(task);
  }

  #fill(slot: SlotState): void {
    // What changes the namespace comes before what may need it.
    for (;;) {
      const own = slot.pinned.peek();
      const task = own ?? this.#queue.peek();
      if (task === undefined || !hasRoom(slot, task, this.#prefetch)) return;
      if (own === undefined) this.#queue.next();
      else slot.pinned.shift();
      if (task.place !== "dropped") this.#assign(slot, task);
    }
  }

  /** Gives what a slot left behind to those that have room. */
  #fillOthers(): void {
    for (;;) {
      const task = this.#queue.peek();
      const slot = task && roomiestSlot(this.#slots, task, this.#prefetch);
      if (slot === undefined || task === undefined) return;
      this.#queue.next();
      this.#assign(slot, task);
    }
  }

  #assign(slot: SlotState, task: HeldTask): void {
    const { source, assign, payload } = task;
    task.place = "slot";
    task.slot = slot.index;
    slot.tasks.push(task);
    if (isApart(assign)) {
      return this.#effects.assignApart(slot.index, assign, payload, source);
    }
    if (assign.work.kind === "reset") {
      slot.phase = "leaving";
      return this.#effects.endSlot(slot.index);
    }
    if (
      source !== undefined && slot.functions.touch(source.hash) === undefined
    ) {
      slot.functions.put(source.hash, true, source.bytes.byteLength);
      this.#effects.sendSource(slot.index, source.hash, source.bytes);
    }
    this.#effects.assignTask(slot.index, assign, payload);
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
      if (task.pinned === undefined) this.#queue.unshift(task);
      else {
        task.place = "pinned";
        slot.pinned.unshift(task);
      }
    }
  }

  /** Ends a task that no slot has. */
  #drop(task: HeldTask, reason: string): void {
    if (task.place === "queued") this.#queue.dropped();
    task.place = "dropped";
    task.payload = NO_PAYLOAD;
    const end = unrunOutcome(task.assign.id, "cancelled", reason, this.#clock);
    this.#settle(task, end, NO_PAYLOAD);
  }

  #settle(task: HeldTask, outcome: TaskOutcome, payload: Payload): void {
    this.#tasks.delete(task.assign.id);
    this.#finished++;
    // Another scheduler may ask which run this was.
    this.#fanOut.outcome(numbered(outcome, task.assign), payload);
  }
}
