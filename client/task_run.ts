/**
 * One run of one task, as the client sees it.
 *
 * @module
 */
import {
  CancelledError,
  DependencyError,
  TimeoutError,
  toError,
} from "../base/mod.ts";
import {
  decodeValue,
  type Output,
  type TaskEvent,
  type TaskOutcome,
  type TaskStatus,
} from "../messages/mod.ts";
import { outcomeError } from "./outcome_error.ts";
import { OutputLog, type OutputPiece } from "./output_log.ts";
import type { SourceSite } from "./source_site.ts";
import {
  type DisplayOutput,
  type ResultEvent,
  TaskEvents,
  type TaskProgress,
  type TaskVoice,
} from "./task_events.ts";

/** What is known about one run of a task. */
export interface TaskMetadata {
  /** The task's id. */
  readonly taskId: string;
  /** How it ended, or `pending`. */
  readonly status: TaskStatus | "pending";
  /** When it was submitted, in milliseconds since the Unix epoch. */
  readonly submittedMs: number;
  /** When its code started on the engine, once it has. */
  readonly startedMs: number | undefined;
  /** When its code ended on the engine, once it has. */
  readonly completedMs: number | undefined;
  /** When its outcome arrived here, once it has. */
  readonly receivedMs: number | undefined;
  /** The engine that ran it, once it has. */
  readonly engineId: number | undefined;
  /** The host of that engine. */
  readonly engineHost: string | undefined;
  /**
   * How many times it was given to an engine, as far as is known; 1 says that
   * it certainly was not more than once.
   */
  readonly attempts: number;
  /** What its owner called it. */
  readonly label: string | undefined;
  /** What it wrote to standard output. */
  readonly stdout: string;
  /** What it wrote to standard error. */
  readonly stderr: string;
  /** Bytes of output that were dropped because there was too much. */
  readonly outputDropped: number;
  /** What it displayed, in order. */
  readonly outputs: readonly DisplayOutput[];
  /** What it published so far, in order. */
  readonly data: readonly unknown[];
  /** How far it said it is. */
  readonly progress: TaskProgress | undefined;
  /** Displays, progress and published values that were dropped. */
  readonly eventsDropped: number;
  /** Why it failed, if it did. */
  readonly error: Error | undefined;
}

/** Hears what happens to a run. */
export interface TaskRunListener {
  /** The run has its value or its error. */
  settled(run: TaskRun): void;
  /** The run wrote something. */
  wrote(run: TaskRun, output: Output): void;
  /** The run made an item. */
  item(run: TaskRun, position: number): void;
  /** The run told something else. */
  told(run: TaskRun, event: ResultEvent): void;
}

const NOTHING: readonly never[] = [];

/** What is known of a run from the start. */
export interface TaskRunFacts {
  /** The word that its owner calls it. */
  readonly label?: string | undefined;
  /** The engine it is meant for, where it is meant for one. */
  readonly target?: number | undefined;
  /** Where its function stands in a file. */
  readonly site?: SourceSite | undefined;
}

/** One run of one task. */
export class TaskRun {
  /** The task's id. */
  readonly id: string;
  /** When it was submitted, in milliseconds since the Unix epoch. */
  readonly submittedMs: number;
  /** The word that its owner calls it. */
  readonly label: string | undefined;
  /** The engine it was meant for, where it was meant for one. */
  readonly target: number | undefined;
  readonly #site: SourceSite | undefined;
  /** Nearly every run has one listener; lists are for results that share. */
  #listener: TaskRunListener | undefined;
  #others: TaskRunListener[] | undefined;
  #outcome: TaskOutcome | undefined;
  #status: TaskStatus | "pending" = "pending";
  #receivedMs: number | undefined;
  #value: unknown;
  #error: Error | undefined;
  #engineHost: string | undefined;
  #output: OutputLog | undefined;
  #outputsSeen = 0;
  readonly #voice: TaskVoice | undefined;
  /** Most runs tell nothing. */
  #events: TaskEvents | undefined;
  #keepsItems = false;

  /**
   * Makes a run that waits for its outcome.
   *
   * @param voice What is said to the task while it runs.
   * @param site Where its function is, for the stacks of errors.
   */
  constructor(
    id: string,
    submittedMs: number,
    voice?: TaskVoice,
    facts: TaskRunFacts = {},
  ) {
    this.id = id;
    this.#site = facts.site;
    this.submittedMs = submittedMs;
    this.#voice = voice;
    this.label = facts.label;
    this.target = facts.target;
  }

  /** Says who else hears what happens from now on. */
  listen(listener: TaskRunListener): void {
    if (this.#listener === undefined) this.#listener = listener;
    else (this.#others ??= []).push(listener);
  }

  /** Whether the outcome is here. */
  get done(): boolean {
    return this.#status !== "pending";
  }

  /**
   * The value, once done; of a generator, the list of its items.
   *
   * @throws {LimitError} when the items have been iterated and not kept.
   */
  get value(): unknown {
    return this.madeItems ? this.#told().all() : this.#value;
  }

  /** Whether it has ended well, and made items instead of a value. */
  get madeItems(): boolean {
    return this.#outcome?.items !== undefined;
  }

  /** How many items have arrived. */
  get itemsReceived(): number {
    return this.#events?.received ?? 0;
  }

  /** From now on items count as consumed when they arrive, and are kept. */
  keepItems(): void {
    this.#keepsItems = true;
    this.#events?.keepAll();
  }

  /**
   * The item at a position, which counts as consumed then.
   *
   * @throws {Error} when it is not here any more, or cannot be read.
   */
  takeItem(position: number): unknown {
    return this.#told().take(position);
  }

  /** The error, once failed. */
  get error(): Error | undefined {
    return this.#error;
  }

  /** When its code started, in milliseconds since the Unix epoch. */
  get startedMs(): number | undefined {
    return this.#outcome?.startedMs || undefined;
  }

  /** When its code ended, in milliseconds since the Unix epoch. */
  get completedMs(): number | undefined {
    return this.#outcome?.completedMs || undefined;
  }

  /** When its outcome arrived here. */
  get receivedMs(): number | undefined {
    return this.#receivedMs;
  }

  /** The engine that ran it. */
  get engineId(): number | undefined {
    const outcome = this.#outcome;
    // Where no engine ran it, the outcome names the first one all the same.
    if (outcome === undefined || outcome.startedMs === 0) {
      return outcome?.status === "engine_lost" ? outcome.engineId : undefined;
    }
    return outcome.engineId;
  }

  /** What it wrote, in the order in which it arrived. */
  get outputPieces(): readonly OutputPiece[] {
    return this.#output?.pieces ?? [];
  }

  /** How many output messages have arrived. */
  get outputsSeen(): number {
    return this.#outputsSeen;
  }

  /** Everything known about the run. */
  get metadata(): TaskMetadata {
    return {
      taskId: this.id,
      status: this.#status,
      submittedMs: this.submittedMs,
      startedMs: this.startedMs,
      completedMs: this.completedMs,
      receivedMs: this.#receivedMs,
      engineId: this.engineId,
      engineHost: this.#engineHost,
      attempts: this.#outcome?.attempts ??
        (this.engineId === undefined ? 0 : 1),
      label: this.label,
      stdout: this.#output?.text("stdout") ?? "",
      stderr: this.#output?.text("stderr") ?? "",
      outputDropped: this.#output?.dropped ?? 0,
      outputs: this.#events?.outputs ?? NOTHING,
      data: this.#events?.data ?? NOTHING,
      progress: this.#events?.progress,
      eventsDropped: this.#events?.dropped ?? 0,
      error: this.#error,
    };
  }

  /**
   * Takes a piece of output.
   *
   * @param order Grows with each piece that arrives, of any run.
   */
  addOutput(output: Output, order: number): void {
    this.#outputsSeen++;
    this.#output ??= new OutputLog();
    this.#output.add(output, order);
    this.#listener?.wrote(this, output);
    this.#others?.forEach((listener) => listener.wrote(this, output));
  }

  /** Takes something that the task tells. */
  addEvent(event: TaskEvent, payload: readonly Uint8Array[]): void {
    const events = this.#told();
    if (event.kind === "item") {
      if (!events.addItem(event, payload)) return;
      const position = events.received - 1;
      this.#listener?.item(this, position);
      this.#others?.forEach((other) => other.item(this, position));
      return;
    }
    for (const told of events.addEvent(event, payload)) {
      this.#listener?.told(this, told);
      this.#others?.forEach((other) => other.told(this, told));
    }
  }

  /** Takes the outcome and settles. */
  settle(
    outcome: TaskOutcome,
    payload: readonly Uint8Array[],
    nowMs: number,
    engineHost?: string,
  ): void {
    if (this.done) return;
    this.#outcome = outcome;
    this.#engineHost = engineHost;
    this.#status = outcome.status;
    this.#receivedMs = nowMs;
    const problem = this.#endEvents(outcome);
    try {
      if (problem !== undefined) throw problem;
      if (outcome.items !== undefined) this.#told();
      else if (outcome.status === "ok") this.#value = decodeValue(payload);
      else this.#error = outcomeError(outcome, payload, this.#site);
    } catch (thrown) {
      this.#status = "error";
      this.#error = toError(thrown);
    }
    this.#settled();
  }

  /** Settles with an error that arose here. */
  fail(error: Error, nowMs: number): void {
    if (this.done) return;
    this.#status = statusOf(error);
    this.#receivedMs = nowMs;
    this.#error = error;
    this.#events?.ended(undefined, undefined);
    this.#settled();
  }

  #told(): TaskEvents {
    if (this.#events !== undefined) return this.#events;
    this.#events = new TaskEvents(this.id, this.#voice);
    if (this.#keepsItems) this.#events.keepAll();
    return this.#events;
  }

  /** Whether anything is missing of what went before the outcome. */
  #endEvents({ items, events }: TaskOutcome): Error | undefined {
    if (items || events) this.#told();
    this.#events?.ended(items, events);
    return this.#events?.problem;
  }

  #settled(): void {
    const listener = this.#listener;
    const others = this.#others;
    this.#listener = this.#others = undefined;
    listener?.settled(this);
    others?.forEach((other) => other.settled(this));
  }
}

/** How a task ended whose error arose here. */
function statusOf(error: Error): TaskStatus {
  if (error instanceof CancelledError) return "cancelled";
  if (error instanceof TimeoutError) return "timed_out";
  return error instanceof DependencyError ? error.problem : "error";
}
