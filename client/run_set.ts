/**
 * The tasks behind a result; more may come while it is open.
 *
 * @module
 */
import type { Output } from "../messages/mod.ts";
import { ResultFeed } from "./result_feed.ts";
import type { ResultEvent } from "./task_events.ts";
import type { TaskRun, TaskRunListener } from "./task_run.ts";

/** Hears what a set's tasks do. */
export interface RunSetListener {
  /** One of them has ended. */
  readonly settled?: (run: TaskRun) => void;
  /** One of them has ended, or no more come. */
  readonly changed?: () => void;
  /** One of them wrote something. */
  readonly wrote?: (output: Output) => void;
  /** One of them told something else. */
  readonly told?: (event: ResultEvent) => void;
}

/** What submits the tasks of an open set. */
export interface RunFeed {
  /** No more tasks are wanted. */
  stop(reason: string): void;
}

/** Tasks in the order of a result. */
export class RunSet implements TaskRunListener {
  /** The tasks so far. */
  readonly runs: TaskRun[] = [];
  /** Those that have ended, in the order in which they did. */
  readonly arrived: TaskRun[] = [];
  // Most sets have one task that somebody awaits, and none of these.
  #listeners: Set<RunSetListener> | undefined;
  #waiting: (() => void)[] | undefined;
  /** Who is to hear of the end: most often one. */
  #atEnd: (() => void)[] | undefined;
  #feed: RunFeed | undefined;
  /** What arrives, for those who iterate or follow events. */
  #live: ResultFeed | undefined;
  #keepsItems = false;
  #problem: Error | undefined;
  #failedCount = 0;

  /** Starts with some tasks; with a feed there may be more. */
  constructor(runs: readonly TaskRun[], feed?: RunFeed) {
    this.#feed = feed;
    for (const run of runs) this.add(run);
  }

  /** Whether more tasks may come. */
  get isOpen(): boolean {
    return this.#feed !== undefined;
  }

  /** Whether every task has ended, and no more come. */
  get done(): boolean {
    return this.#feed === undefined && this.arrived.length === this.runs.length;
  }

  /** Why there are fewer tasks than there should be. */
  get problem(): Error | undefined {
    return this.#problem;
  }

  /** Whether something has gone wrong so far. */
  get hasFailed(): boolean {
    return this.#problem !== undefined || this.#failedCount > 0;
  }

  /** How many of the tasks have failed. */
  get failedCount(): number {
    return this.#failedCount;
  }

  /** One more task. */
  add(run: TaskRun): void {
    this.runs.push(run);
    if (this.#keepsItems) run.keepItems();
    if (run.done) this.settled(run);
    else run.listen(this);
  }

  /** There are no more tasks; with a problem, fewer than there should be. */
  close(problem?: Error): void {
    if (this.#feed === undefined) return;
    this.#feed = undefined;
    this.#problem = problem;
    this.#changed();
  }

  /** Stops what would submit more tasks. */
  stopFeed(reason: string): void {
    this.#feed?.stop(reason);
  }

  /** Says who else hears what happens from now on. */
  listen(listener: RunSetListener): Disposable {
    const listeners = this.#listeners ??= new Set();
    listeners.add(listener);
    return { [Symbol.dispose]: () => void listeners.delete(listener) };
  }

  /** Has something done when every task has ended and no more come. */
  atEnd(act: () => void): void {
    if (this.done) act();
    else if (this.#atEnd === undefined) this.#atEnd = [act];
    else this.#atEnd.push(act);
  }

  /** Settles when every task has ended and no more come. */
  whenDone(): Promise<void> {
    return new Promise((resolve) => this.atEnd(resolve));
  }

  /** Settles at the next change: a task has ended, or no more come. */
  whenChanged(): Promise<void> {
    return new Promise((resolve) => (this.#waiting ??= []).push(resolve));
  }

  /** One of the tasks has ended. */
  settled(run: TaskRun): void {
    this.arrived.push(run);
    if (run.error !== undefined) this.#failedCount++;
    this.#live?.settled(run);
    if (this.#listeners !== undefined) {
      for (const listener of this.#listeners) listener.settled?.(run);
    }
    this.#changed();
  }

  /** One of the tasks wrote something. */
  wrote(_run: TaskRun, output: Output): void {
    this.#live?.wrote(output);
    for (const listener of this.#listeners ?? []) listener.wrote?.(output);
  }

  /** One of the tasks made an item. */
  item(run: TaskRun, position: number): void {
    this.#live?.item(run, position);
  }

  /** One of the tasks told something else. */
  told(_run: TaskRun, event: ResultEvent): void {
    this.#live?.told(event);
    for (const listener of this.#listeners ?? []) listener.told?.(event);
  }

  /** What arrives from now on, item by item. */
  get live(): ResultFeed {
    if (this.#live === undefined) {
      this.#live = new ResultFeed();
      if (this.done) this.#live.end();
    }
    return this.#live;
  }

  /** Whether somebody waits for the end, so that items are kept. */
  get keepsItems(): boolean {
    return this.#keepsItems;
  }

  /** Somebody waits for the end: items do not wait to be iterated. */
  keepItems(): void {
    if (this.#keepsItems) return;
    this.#keepsItems = true;
    for (const run of this.runs) run.keepItems();
  }

  #changed(): void {
    if (this.done) this.#live?.end();
    if (this.#listeners !== undefined) {
      for (const listener of this.#listeners) listener.changed?.();
    }
    const waiting = this.#waiting;
    if (waiting !== undefined) {
      this.#waiting = undefined;
      for (const notify of waiting) notify();
    }
    const atEnd = this.#atEnd;
    if (atEnd === undefined || !this.done) return;
    this.#atEnd = undefined;
    for (const act of atEnd) act();
  }
}

/** The tasks of several sets, in their order; open as long as one of them is. */
export function joinedSet(sets: readonly RunSet[]): RunSet {
  const joined = new RunSet([], {
    stop: (reason) => sets.forEach((set) => set.stopFeed(reason)),
  });
  const close = (): void =>
    joined.close(sets.map((set) => set.problem).find(Boolean));
  const addLate = async (late: readonly RunSet[]): Promise<void> => {
    for (const set of late) {
      while (set.isOpen) await set.whenChanged();
      for (const run of set.runs) joined.add(run);
    }
    close();
  };
  const firstOpen = sets.findIndex((set) => set.isOpen);
  const ready = firstOpen === -1 ? sets : sets.slice(0, firstOpen);
  for (const set of ready) for (const run of set.runs) joined.add(run);
  if (firstOpen === -1) close();
  else void addLate(sets.slice(firstOpen));
  return joined;
}
