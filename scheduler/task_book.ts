/**
 * Every task that has not ended.
 *
 * @module
 */
import type { Task } from "./entries.ts";

/** The tasks by id and by client, with what they weigh. */
export class TaskBook {
  readonly #tasks = new Map<string, Task>();
  readonly #byClient = new Map<string, Set<Task>>();
  #payloadBytes = 0;
  #finished = 0;

  /** Tasks that have not ended. */
  get size(): number {
    return this.#tasks.size;
  }

  /** Tasks that have ended. */
  get finished(): number {
    return this.#finished;
  }

  /** Payload bytes of the tasks that have not ended. */
  get payloadBytes(): number {
    return this.#payloadBytes;
  }

  /** The task with this id. */
  get(id: string): Task | undefined {
    return this.#tasks.get(id);
  }

  /** The tasks of a client. */
  ofClient(client: string): Iterable<Task> {
    return this.#byClient.get(client) ?? [];
  }

  /** Enters a task. */
  add(task: Task): void {
    this.#tasks.set(task.id, task);
    this.#payloadBytes += task.payloadBytes;
    const owned = this.#byClient.get(task.client);
    if (owned === undefined) {
      this.#byClient.set(task.client, new Set([task]));
    } else owned.add(task);
  }

  /**
   * Strikes a task out.
   *
   * @returns whether it was still there.
   */
  finish(task: Task): boolean {
    if (!this.#tasks.delete(task.id)) return false;
    this.#finished++;
    this.#payloadBytes -= task.payloadBytes;
    const owned = this.#byClient.get(task.client);
    owned?.delete(task);
    if (owned?.size === 0) this.#byClient.delete(task.client);
    return true;
  }
}
