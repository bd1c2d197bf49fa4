/**
 * Balanced tasks that wait, by the engines that may run them.
 *
 * @module
 */
import { Deque } from "../base/mod.ts";
import type { EngineEntry, Task, TaskQueue } from "./entries.ts";

/**
 * One queue for any engine, and one for each set of targets in use. Taking
 * the next task costs the number of queues that an engine may take from.
 */
export class TaskQueues {
  readonly #any: TaskQueue = {
    key: "",
    tasks: new Deque(),
    targets: undefined,
  };
  readonly #limited = new Map<string, TaskQueue>();
  readonly #engines: ReadonlyMap<number, EngineEntry>;

  /** Takes the engines of the scheduler, which it only reads. */
  constructor(engines: ReadonlyMap<number, EngineEntry>) {
    this.#engines = engines;
  }

  /** A new engine may take from the queues that name it. */
  open(entry: EngineEntry): void {
    entry.queues.add(this.#any);
    for (const queue of this.#limited.values()) {
      if (queue.targets?.has(entry.engineId)) entry.queues.add(queue);
    }
  }

  /** The queue for a set of targets. */
  queueFor(targets: readonly number[]): TaskQueue {
    if (targets.length === 0) return this.#any;
    const key = [...targets].sort((a, b) => a - b).join(",");
    let queue = this.#limited.get(key);
    if (queue === undefined) {
      queue = { key, tasks: new Deque(), targets: new Set(targets) };
      this.#limited.set(key, queue);
      for (const target of targets) {
        this.#engines.get(target)?.queues.add(queue);
      }
    }
    return queue;
  }

  /** Takes the task for an engine that was submitted first. */
  takeFor(entry: EngineEntry): Task | undefined {
    let best: TaskQueue | undefined;
    let bestOrder = Infinity;
    for (const queue of entry.queues) {
      const { tasks } = queue;
      while (tasks.peek()?.dropped === true) tasks.shift();
      const head = tasks.peek();
      if (head !== undefined && head.order < bestOrder) {
        best = queue;
        bestOrder = head.order;
      } else if (head === undefined) this.#retire(queue);
    }
    return best?.tasks.shift();
  }

  /** An engine is gone: the tasks that nobody else could have run. */
  takeStranded(gone: EngineEntry): Task[] {
    const stranded: Task[] = [];
    for (const queue of [...gone.queues]) {
      const { targets } = queue;
      if (targets === undefined) continue;
      if ([...targets].some((target) => this.#engines.has(target))) continue;
      this.#limited.delete(queue.key);
      for (const task of queue.tasks) if (!task.dropped) stranded.push(task);
    }
    return stranded;
  }

  /** Forgets an empty queue, so that sets of targets do not pile up. */
  #retire(queue: TaskQueue): void {
    if (queue.targets === undefined) return;
    this.#limited.delete(queue.key);
    for (const target of queue.targets) {
      this.#engines.get(target)?.queues.delete(queue);
    }
  }
}
