/**
 * Tasks that wait for the same engines: by priority, then in turns of their
 * clients, then first come first served.
 *
 * @module
 */
import { Deque } from "../base/mod.ts";
import { BinaryHeap } from "./binary_heap.ts";

/** Dropped tasks that may lie in a lane before it is swept. */
const DROPPED_MIN = 64;

/** Who takes turns with others. */
export interface Sharer {
  /** Work that it has been given. */
  share: number;
  /** Its tasks that wait in any queue. */
  queued: number;
  /** Its tasks that have not ended. */
  readonly unfinished: number;
  /** Whether its tasks have to wait, whatever room there is. */
  readonly isHeld: boolean;
}

/** What can wait. */
export interface Queued {
  /** Whose it is. */
  readonly client: Sharer;
  /** Higher goes first. */
  readonly priority: number;
  /** Order of submission. */
  readonly order: number;
  /** The lane that it waits in; nobody else sets it. */
  lane: object | undefined;
}

/** The tasks of one client with one priority. */
export class Lane<T extends Queued> {
  /** Whose tasks these are. */
  readonly client: Sharer;
  /** Their priority. */
  readonly priority: number;
  /** The tasks; those that are not queued any more are passed over. */
  tasks: Deque<T> = new Deque();
  /** How many of them are not queued any more. */
  dropped = 0;
  /** Its client's share when it took its place in the heap. */
  share = 0;
  /** The order of its first task when it took its place in the heap. */
  order = 0;
  /** Whether it is in the heap. */
  isInHeap = false;
  /** Whether it was taken out of the heap because its client is held. */
  isParked = false;

  /** Makes an empty lane. */
  constructor(client: Sharer, priority: number) {
    this.client = client;
    this.priority = priority;
  }

  /** How many tasks wait. */
  get live(): number {
    return this.tasks.length - this.dropped;
  }

  /** The first task that waits. */
  head(): T | undefined {
    for (;;) {
      const task = this.tasks.peek();
      if (task === undefined || task.lane === this) return task;
      this.tasks.shift();
      this.dropped--;
    }
  }

  /** Passes over a task that nobody wants. */
  drop(): void {
    this.dropped++;
    if (this.dropped < DROPPED_MIN || this.dropped * 2 < this.tasks.length) {
      return;
    }
    const kept = new Deque<T>();
    for (const task of this.tasks) if (task.lane === this) kept.push(task);
    this.tasks = kept;
    this.dropped = 0;
  }
}

/** Whether the first task of one lane goes before that of another. */
export function laneIsBefore(a: Lane<Queued>, b: Lane<Queued>): boolean {
  if (a.priority !== b.priority) return a.priority > b.priority;
  return a.share !== b.share ? a.share < b.share : a.order < b.order;
}

/**
 * Counts what each client has been given, so that those who share engines
 * get the same (start-time fair queueing; each task counts as one). A client
 * that was away starts level with the others, and has nothing saved up.
 */
export class FairShare {
  #level = 0;

  /** A task of this client is to wait. */
  enters(client: Sharer): void {
    if (client.queued++ === 0) {
      client.share = Math.max(client.share, this.#level);
    }
  }

  /** A task of this client waits no longer. */
  leaves(client: Sharer): void {
    client.queued--;
  }

  /** A client was given a task. */
  served(client: Sharer): void {
    this.#level = Math.max(this.#level, client.share);
    client.share++;
  }
}

/** Tasks that wait; each change costs log work in the number of lanes. */
export class ReadyQueue<T extends Queued> {
  readonly #lanes = new Map<number, Map<Sharer, Lane<T>>>();
  readonly #heap = new BinaryHeap<Lane<T>>(laneIsBefore);
  /** Lanes of clients that are held, which others pass. */
  readonly #parked = new Map<Sharer, Lane<T>[]>();
  #live = 0;
  #parkedLive = 0;

  /** How many tasks wait. */
  get size(): number {
    return this.#live;
  }

  /** How many of them wait for room alone. */
  get movable(): number {
    return this.#live - this.#parkedLive;
  }

  /** Lanes that are remembered, for tests. */
  get laneCount(): number {
    let count = 0;
    for (const lanes of this.#lanes.values()) count += lanes.size;
    return count;
  }

  /** Adds a task behind, or before, its client's others. */
  push(task: T, isFirst: boolean): void {
    const lane = this.#laneFor(task.client, task.priority);
    task.lane = lane;
    if (isFirst) lane.tasks.unshift(task);
    else lane.tasks.push(task);
    this.#live++;
    if (lane.isParked) this.#parkedLive++;
    else if (!lane.isInHeap) this.#enter(lane, task.order);
  }

  /** The lane whose first task is the next. */
  first(): Lane<T> | undefined {
    for (;;) {
      const lane = this.#heap.peek();
      if (lane === undefined) return undefined;
      const head = lane.head();
      if (head === undefined) {
        this.#heap.pop();
        this.#retire(lane);
        continue;
      }
      if (lane.client.isHeld) {
        this.#heap.pop();
        this.#park(lane);
        continue;
      }
      // Shares only grow, so a lane's place in the heap may be too far ahead.
      if (lane.share === lane.client.share) return lane;
      lane.share = lane.client.share;
      lane.order = head.order;
      this.#heap.sinkFirst();
    }
  }

  /** Takes the first task of a lane. */
  take(lane: Lane<T>): T | undefined {
    const task = lane.head();
    if (task === undefined) return undefined;
    lane.tasks.shift();
    task.lane = undefined;
    this.#live--;
    return task;
  }

  /** Nobody wants this task any more. */
  drop(task: T): void {
    const lane = this.#lanes.get(task.priority)?.get(task.client);
    if (lane === undefined || task.lane !== lane) return;
    task.lane = undefined;
    this.#live--;
    if (lane.isParked) this.#parkedLive--;
    lane.drop();
    if (this.#live === 0) this.first();
  }

  /**
   * A client is held no longer: its tasks are among the others again.
   *
   * @returns whether any of them waits here.
   */
  release(client: Sharer): boolean {
    const lanes = this.#parked.get(client);
    if (lanes === undefined) return false;
    this.#parked.delete(client);
    for (const lane of lanes) {
      lane.isParked = false;
      this.#parkedLive -= lane.live;
      this.#enter(lane, lane.head()?.order ?? 0);
    }
    return this.first() !== undefined;
  }

  /** A client is gone, and none of its tasks waits. */
  forget(client: Sharer): void {
    const lane = this.#lanes.get(0)?.get(client);
    if (lane !== undefined && !lane.isInHeap && !lane.isParked) {
      this.#lanes.get(0)?.delete(client);
    }
  }

  /** Every task that waits. */
  *tasks(): Iterable<T> {
    for (const lanes of this.#lanes.values()) {
      for (const lane of lanes.values()) {
        for (const task of lane.tasks) if (task.lane === lane) yield task;
      }
    }
  }

  #enter(lane: Lane<T>, order: number): void {
    lane.isInHeap = true;
    lane.share = lane.client.share;
    lane.order = order;
    this.#heap.push(lane);
  }

  #park(lane: Lane<T>): void {
    lane.isInHeap = false;
    lane.isParked = true;
    this.#parkedLive += lane.live;
    const lanes = this.#parked.get(lane.client);
    if (lanes === undefined) this.#parked.set(lane.client, [lane]);
    else lanes.push(lane);
  }

  #laneFor(client: Sharer, priority: number): Lane<T> {
    let lanes = this.#lanes.get(priority);
    if (lanes === undefined) {
      lanes = new Map();
      this.#lanes.set(priority, lanes);
    }
    let lane = lanes.get(client);
    if (lane === undefined) {
      lane = new Lane<T>(client, priority);
      lanes.set(client, lane);
    }
    return lane;
  }

  #retire(lane: Lane<T>): void {
    lane.isInHeap = false;
    // The usual lane of a client that is still there will be used again.
    if (lane.priority === 0 && lane.client.unfinished > 0) return;
    const lanes = this.#lanes.get(lane.priority);
    lanes?.delete(lane.client);
    if (lanes?.size === 0) this.#lanes.delete(lane.priority);
  }
}
