/**
 * An engine in the scheduler's eyes.
 *
 * @module
 */
import { Deque } from "../base/mod.ts";
import type { Task } from "./task.ts";
import type { TaskQueue } from "./task_queues.ts";

/** One engine and what it has been given. */
export class EngineEntry {
  /** The engine's number. */
  readonly engineId: number;
  /** The engine's routing id. */
  readonly routingId: string;
  /** How many tasks it runs at once. */
  slots: number;
  /** Whether it has said that it is ready and is connected. */
  connected = false;
  /** Running mean of its task times; `undefined` before the first. */
  meanTaskMs: number | undefined;
  /** Tasks that it holds, by id, oldest first. */
  readonly assigned: Map<string, Task> = new Map();
  /** Hashes of the function sources that it was sent. */
  readonly functions: Set<string> = new Set();
  /** Direct tasks that wait for it. */
  readonly direct: Deque<Task> = new Deque();
  /** Queues of balanced tasks that it may take from. */
  readonly queues: Set<TaskQueue> = new Set();

  /** Makes an engine that is not connected yet. */
  constructor(engineId: number, routingId: string, slots: number) {
    this.engineId = engineId;
    this.routingId = routingId;
    this.slots = slots;
  }

  /** Tasks for each slot, rounded down. */
  get load(): number {
    return Math.floor(this.assigned.size / this.slots);
  }
}
