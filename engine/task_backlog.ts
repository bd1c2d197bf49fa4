/**
 * Tasks that no slot has: those that wait for a slot, and those that wait for
 * their function's source.
 *
 * @module
 */
import { Deque } from "../base/mod.ts";
import type { FunctionText, HeldTask } from "./slot_state.ts";

/** Dropped tasks that may lie in the queue before it is swept. */
const DROPPED_MIN = 64;

/** Tasks that any slot may run, first come first served. */
export class TaskQueue {
  #tasks = new Deque<HeldTask>();
  #dropped = 0;

  /** Whether no task waits. */
  get isEmpty(): boolean {
    return this.peek() === undefined;
  }

  /** The next task, which stays. */
  peek(): HeldTask | undefined {
    for (;;) {
      const task = this.#tasks.peek();
      if (task?.place !== "dropped") return task;
      this.#tasks.shift();
      this.#dropped--;
    }
  }

  /** Takes the next task. */
  next(): HeldTask | undefined {
    return this.peek() && this.#tasks.shift();
  }

  /** Adds a task behind the others. */
  push(task: HeldTask): void {
    task.place = "queued";
    this.#tasks.push(task);
  }

  /** Puts a task in front of the others. */
  unshift(task: HeldTask): void {
    task.place = "queued";
    this.#tasks.unshift(task);
  }

  /** Queued tasks were dropped: they are passed over when their turn comes. */
  dropped(count = 1): void {
    this.#dropped += count;
  }

  /** Forgets dropped tasks before they fill the queue. */
  sweep(): void {
    if (
      this.#dropped < DROPPED_MIN || this.#dropped * 2 < this.#tasks.length
    ) return;
    const wanted = new Deque<HeldTask>();
    for (const task of this.#tasks) {
      if (task.place !== "dropped") wanted.push(task);
    }
    this.#tasks = wanted;
    this.#dropped = 0;
  }
}

/** Tasks that wait for the source of their function. */
export class TasksWithoutSource {
  readonly #byHash = new Map<string, HeldTask[]>();

  /** The sources that are waited for. */
  get hashes(): Iterable<string> {
    return this.#byHash.keys();
  }

  /**
   * Adds a task.
   *
   * @returns whether it is the first to wait for this source.
   */
  add(task: HeldTask, hash: string): boolean {
    task.place = "missing";
    const waiting = this.#byHash.get(hash);
    if (waiting === undefined) this.#byHash.set(hash, [task]);
    else waiting.push(task);
    return waiting === undefined;
  }

  /** A source is here: takes the tasks that waited for it. */
  take(source: FunctionText): HeldTask[] {
    const waiting = this.#byHash.get(source.hash) ?? [];
    this.#byHash.delete(source.hash);
    const wanted = waiting.filter((task) => task.place === "missing");
    for (const task of wanted) task.source = source;
    return wanted;
  }

  /** Forgets tasks that are not wanted any more. */
  sweep(): void {
    for (const [hash, waiting] of this.#byHash) {
      const wanted = waiting.filter((task) => task.place === "missing");
      if (wanted.length === 0) this.#byHash.delete(hash);
      else if (wanted.length < waiting.length) this.#byHash.set(hash, wanted);
    }
  }
}
