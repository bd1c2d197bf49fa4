/**
 * Every task that has not ended, and whose it is.
 *
 * @module
 */
import type { LimitTally } from "../base/mod.ts";
import { ClientAccount } from "./client_account.ts";
import type { Task } from "./entries.ts";
import type { SchedulerLimits } from "./scheduler_limits.ts";
import { TaskIdMap } from "./task_id_map.ts";

/** The tasks by id and by client, with what they weigh. */
export class TaskBook {
  readonly #limits: SchedulerLimits;
  /** Counts limits that are reached. */
  readonly tally: LimitTally | undefined;
  readonly #tasks = new TaskIdMap<Task>();
  readonly #clients = new Map<string, ClientAccount>();
  /** The last task of each client; each knows its neighbours. */
  readonly #lastOf = new Map<ClientAccount, Task>();
  #payloadBytes = 0;
  #finished = 0;

  /** Makes an empty book. */
  constructor(limits: SchedulerLimits, tally?: LimitTally) {
    this.#limits = limits;
    this.tally = tally;
  }

  /** Tasks that have not ended. */
  get size(): number {
    return this.#tasks.size;
  }

  /** Tasks that have ended. */
  get finished(): number {
    return this.#finished;
  }

  /** Bytes that the tasks hold which have not ended. */
  get payloadBytes(): number {
    return this.#payloadBytes;
  }

  /** Clients that are known. */
  get clientCount(): number {
    return this.#clients.size;
  }

  /** The task with this id. */
  get(id: string): Task | undefined {
    return this.#tasks.get(id);
  }

  /** The account of a client, if there is one. */
  known(id: string): ClientAccount | undefined {
    return this.#clients.get(id);
  }

  /** The account of a client; made, where there is none. */
  client(id: string): ClientAccount {
    let account = this.#clients.get(id);
    if (account === undefined) {
      account = new ClientAccount(id, this.#limits, this.tally);
      this.#clients.set(id, account);
    }
    return account;
  }

  /** Forgets a client; its tasks stay until they end. */
  closeAccount(id: string): ClientAccount | undefined {
    const account = this.#clients.get(id);
    this.#clients.delete(id);
    return account;
  }

  /** The tasks of a client. */
  ofClient(client: ClientAccount): Task[] {
    const tasks: Task[] = [];
    let task = this.#lastOf.get(client);
    for (; task !== undefined; task = task.before) tasks.push(task);
    return tasks.reverse();
  }

  /** Enters a task. */
  add(task: Task): void {
    this.#tasks.set(task.id, task);
    this.#payloadBytes += task.payloadBytes;
    task.client.unfinished++;
    task.before = this.#lastOf.get(task.client);
    if (task.before !== undefined) task.before.behind = task;
    this.#lastOf.set(task.client, task);
  }

  /** A task holds more bytes than before. */
  charge(task: Task, bytes: number): void {
    task.payloadBytes += bytes;
    this.#payloadBytes += bytes;
  }

  /**
   * Strikes a task out, and lets go of what it holds.
   *
   * @returns whether it was still there.
   */
  finish(task: Task): boolean {
    if (task.phase === "ended") return false;
    this.#tasks.delete(task.id);
    this.#finished++;
    this.#payloadBytes -= task.payloadBytes;
    task.phase = "ended";
    task.release();
    task.client.unfinished--;
    this.#unlink(task);
    return true;
  }

  #unlink(task: Task): void {
    const { client, before, behind } = task;
    if (behind !== undefined) behind.before = before;
    else if (before !== undefined) this.#lastOf.set(client, before);
    else this.#lastOf.delete(client);
    if (before !== undefined) before.behind = behind;
    task.before = task.behind = undefined;
  }
}
