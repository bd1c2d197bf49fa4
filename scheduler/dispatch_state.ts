/**
 * The engines, the tasks that wait for them, and who gets which. Pure.
 *
 * While a task is queued, no engine that could run it has room for it; so an
 * event makes room at one engine only, and costs the same at any length of
 * the queue.
 *
 * @module
 */
import {
  prefetchDepth,
  type Random,
  type SchedulingScheme,
} from "../base/mod.ts";
import { functionOf, type Message } from "../messages/mod.ts";
import type { ClientAccount } from "./client_account.ts";
import type { Deadlines } from "./deadlines.ts";
import {
  EngineEntry,
  type EngineFacts,
  type Placement,
  type Task,
} from "./entries.ts";
import { chooseEngine } from "./engine_policy.ts";
import { EnginePool } from "./engine_pool.ts";
import type { FunctionStore } from "./function_store.ts";
import { isForDraining, Placements } from "./placements.ts";
import type { SchedulerLimits } from "./scheduler_limits.ts";
import type { TaskObserver } from "./task_observer.ts";
import { assignment } from "./task_values.ts";

/** Work that is sent ahead covers this long: a few round trips. */
const PREFETCH_COVER_MS = 2;

/** Options of {@linkcode DispatchState}. */
export interface DispatchOptions {
  /** Says something to an engine. */
  readonly send: (
    routingId: string,
    message: Message,
    payload?: readonly Uint8Array[],
  ) => void;
  /** Hears of an engine that has nothing to do although it could. */
  readonly onIdle: (entry: EngineEntry) => void;
  /** Hears of an engine that is drained and has become empty. */
  readonly onDrained: (entry: EngineEntry) => void;
  /** How engines are chosen. */
  readonly scheme: SchedulingScheme;
  /** Hears what becomes of tasks. */
  readonly observer?: TaskObserver | undefined;
  /** Tasks assigned to one slot at once. */
  readonly hwm: number | undefined;
  /** The limits. */
  readonly limits: SchedulerLimits;
  /** The engine that claims to have a task already. */
  readonly claimant: (id: string) => EngineEntry | undefined;
  /** For the schemes that choose by chance. */
  readonly random: Random;
  /** Sources of functions. */
  readonly functions: FunctionStore;
  /** Where waits in the queue are limited. */
  readonly deadlines: Deadlines;
  /** Hears of an engine that gets a task at once: what else it is told goes with it. */
  readonly beforeTask: (entry: EngineEntry) => void;
}

/** Gives tasks to engines. */
export class DispatchState {
  readonly #options: DispatchOptions;
  readonly #engines = new Map<number, EngineEntry>();
  readonly #byRoute = new Map<string, EngineEntry>();
  /** Tasks that wait, by what they need. */
  readonly placements: Placements = new Placements(this.#engines);
  /** Connected engines that can take another task from anywhere. */
  readonly #open: EnginePool<EngineEntry>;
  /** Engines that hold more tasks than can run. */
  readonly #loaded = new Set<EngineEntry>();
  /** Where tasks were queued that are assigned later, all together. */
  #gathered: Set<Placement> | undefined;
  #used = 0;
  #running = 0;

  /** Starts without engines and tasks. */
  constructor(options: DispatchOptions) {
    this.#options = options;
    this.#open = new EnginePool(options.scheme, options.random);
  }

  /** Tasks that engines hold. */
  get running(): number {
    return this.#running;
  }

  /** The engines by their number. */
  get engines(): ReadonlyMap<number, EngineEntry> {
    return this.#engines;
  }

  /** Engines that hold more tasks than can run. */
  get loaded(): ReadonlySet<EngineEntry> {
    return this.#loaded;
  }

  /** The engine with a routing id. */
  at(routingId: string): EngineEntry | undefined {
    return this.#byRoute.get(routingId);
  }

  /** An engine is in the cluster, though not connected yet. */
  join(facts: EngineFacts): void {
    const entry = new EngineEntry(facts);
    this.#engines.set(entry.engineId, entry);
    this.#byRoute.set(entry.routingId, entry);
    this.placements.join(entry);
  }

  /** The connection of an engine ended. */
  disconnect(entry: EngineEntry): void {
    entry.connected = false;
    this.#open.remove(entry);
  }

  /**
   * An engine is gone for good; its tasks are the caller's matter.
   *
   * @returns the placements that no engine meets any more.
   */
  leave(entry: EngineEntry): Placement[] {
    this.disconnect(entry);
    this.#engines.delete(entry.engineId);
    this.#byRoute.delete(entry.routingId);
    this.#loaded.delete(entry);
    return this.placements.leave(entry);
  }

  /** An engine is to get no new work. */
  drain(entry: EngineEntry): void {
    entry.draining = true;
    this.#open.remove(entry);
    this.fill(entry);
  }

  /** An engine is to get work again. */
  undrain(entry: EngineEntry): void {
    entry.draining = false;
    this.fill(entry);
  }

  /** Lets a task wait for an engine, or assigns it at once. */
  enqueue(task: Task, placement: Placement, isFirst: boolean): void {
    task.placement = placement;
    if (task.extra !== undefined) task.extra.isAdopted = false;
    if (task.request.resent !== undefined && this.#adopt(task)) return;
    task.phase = "queued";
    this.placements.push(task, placement, isFirst);
    if (this.#gathered !== undefined) {
      this.#gathered.add(placement);
      return;
    }
    // Where others wait already, no engine has room.
    if (placement.ready.movable !== 1) return;
    const entry = this.#chosenFor(placement);
    if (entry !== undefined) this.fill(entry);
  }

  /**
   * The engine that a task would get at once which asks for nothing but one of
   * these, or for any; none where others wait, or it is one of several.
   */
  next(isDirect: boolean, targets: readonly number[]): EngineEntry | undefined {
    if (!isDirect && targets.length === 0) {
      return this.placements.isIdle ? this.#open.nextToChoose : undefined;
    }
    const entry = this.#engines.get(targets[0] ?? -1);
    if (targets.length !== 1 || entry?.connected !== true) return undefined;
    if (entry.queue.queued > 0 || entry.draining) return undefined;
    const tasksMax = isDirect
      ? entry.slots * this.#options.limits.tasksPerSlotMax
      : this.#credit(entry);
    return entry.assigned.size < tasksMax ? entry : undefined;
  }

  /** Sends a task once more to the engine that should have it. */
  resend(task: Task): void {
    if (task.engine !== undefined) this.#sendTask(task.engine, task);
  }

  #assignFrom(placements: Iterable<Placement>): void {
    for (const placement of placements) {
      for (let left = Infinity; placement.ready.size < left;) {
        left = placement.ready.size;
        const entry = left > 0 ? this.#chosenFor(placement) : undefined;
        if (entry !== undefined) this.fill(entry);
      }
    }
  }

  /** Leaves a task with the engine that has it; that it answers again. */
  #adopt(task: Task): boolean {
    const entry = this.#options.claimant(task.id);
    if (entry === undefined || !this.#engines.has(entry.engineId)) return false;
    if (task.extra !== undefined) task.extra.isAdopted = true;
    this.#assign(entry, task);
    if (task.placement !== undefined) this.placements.retire(task.placement);
    return true;
  }

  /**
   * Queues tasks without assigning any, and assigns them when all are there:
   * those that go to the front, the last one first, then run in their order.
   */
  gather(queueAll: () => void): void {
    const gathered = new Set<Placement>();
    this.#gathered = gathered;
    try {
      queueAll();
    } finally {
      this.#gathered = undefined;
    }
    this.#assignFrom(gathered);
  }

  /** Assigns tasks of a client that is held no longer. */
  clientReleased(client: ClientAccount): void {
    this.#assignFrom(this.placements.release(client));
  }

  /** Takes a task out of its queue. */
  drop(task: Task): void {
    this.placements.drop(task);
  }

  /** A task is no longer with its engine, which may have room now. */
  release(task: Task): void {
    const entry = task.engine;
    if (entry === undefined || !entry.assigned.delete(task.id)) return;
    task.engine = undefined;
    task.phase = "waiting";
    this.#running--;
    task.placement?.occupy(entry, -1);
    if (entry.surplus === 0) this.#loaded.delete(entry);
  }

  /** Gives an engine work for as long as it has room and there is some. */
  fill(entry: EngineEntry): void {
    if (!entry.connected) return;
    const directMax = entry.slots * this.#options.limits.tasksPerSlotMax;
    while (entry.assigned.size < directMax) {
      const task = this.placements.take(entry, true);
      if (task === undefined) break;
      this.#assign(entry, task);
    }
    const credit = this.#credit(entry);
    while (entry.assigned.size < credit) {
      const task = this.placements.take(entry, false);
      if (task === undefined) break;
      this.#assign(entry, task);
    }
    if (entry.draining) {
      if (entry.assigned.size === 0) this.#options.onDrained(entry);
      return;
    }
    if (entry.assigned.size < credit) this.#open.place(entry);
    else this.#open.remove(entry);
    if (entry.assigned.size < entry.slots && this.#loaded.size > 0) {
      this.#options.onIdle(entry);
    }
  }

  /** An engine may have another number of slots than before. */
  resize(entry: EngineEntry, slots: number): void {
    entry.slots = Math.max(1, slots);
    if (entry.surplus > 0) this.#loaded.add(entry);
    else this.#loaded.delete(entry);
  }

  /** Which engine should take the first task of a queue. */
  #chosenFor(placement: Placement): EngineEntry | undefined {
    const { isDirect } = placement.needs;
    if (isDirect) return placement.eligible.values().next().value;
    if (placement.key === "") return this.#open.choose();
    const forDraining = isForDraining(placement);
    const candidates: EngineEntry[] = [];
    for (const entry of placement.eligible) {
      if (!entry.connected || (entry.draining && !forDraining)) continue;
      if (entry.assigned.size >= this.#credit(entry)) continue;
      if (placement.fits(entry)) candidates.push(entry);
    }
    const { scheme, random } = this.#options;
    return chooseEngine(scheme, candidates, random);
  }

  /** How many tasks an engine may hold at once. */
  #credit(entry: EngineEntry): number {
    const { scheme, hwm, limits } = this.#options;
    if (entry.isStalled) return entry.slots;
    if (hwm === 0 || scheme === "pure") return Infinity;
    return entry.slots * (hwm ?? prefetchDepth(entry.meanTaskMs, {
      coverMs: PREFETCH_COVER_MS,
      tasksMax: limits.tasksPerSlotMax,
    }));
  }

  #assign(entry: EngineEntry, task: Task): void {
    const { extra, placement } = task;
    task.phase = "assigned";
    task.engine = entry;
    entry.assigned.set(task.id, task);
    entry.usedOrder = ++this.#used;
    this.#running++;
    placement?.occupy(entry, 1);
    if (entry.surplus > 0) this.#loaded.add(entry);
    // Sent ahead, it still waits: its time goes on.
    if (extra?.deadline !== undefined && entry.surplus === 0) {
      this.#options.deadlines.callOff(extra.deadline);
      extra.deadline = undefined;
    }
    this.#options.observer?.assigned(task, entry.engineId);
    this.#sendTask(entry, task);
  }

  #sendTask(entry: EngineEntry, task: Task): void {
    const { beforeTask, functions, send } = this.#options;
    beforeTask(entry);
    const hash = functionOf(task.request.work);
    if (hash !== undefined && !entry.functions.has(hash)) {
      const source = functions.source(hash);
      if (source !== undefined) {
        send(entry.routingId, { type: "function_source", hash }, [source]);
        entry.functions.add(hash);
      }
    }
    const { message, payload } = assignment(task);
    send(entry.routingId, message, payload);
  }
}
