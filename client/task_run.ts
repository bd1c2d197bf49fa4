/**
 * One run of one task, as the client sees it.
 *
 * @module
 */
import {
  CancelledError,
  ConnectionError,
  DependencyError,
  type EngineLostDetails,
  EngineLostError,
  LimitError,
  RemoteError,
  TimeoutError,
  toError,
} from "../base/mod.ts";
import {
  decodeThrown,
  decodeValue,
  type Output,
  type OutputStream,
  type TaskEvent,
  type TaskOutcome,
  type TaskStatus,
  type ThrownData,
} from "../messages/mod.ts";
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

const NOTHING: readonly never[] = [];

/** Output kept for each stream of a task, in UTF-16 units. */
export const OUTPUT_KEPT_MAX: number = 8 << 20;

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

/** One run of one task. */
export class TaskRun {
  /** The task's id. */
  readonly id: string;
  /** When it was submitted, in milliseconds since the Unix epoch. */
  readonly submittedMs: number;
  readonly #site: SourceSite | undefined;
  #listener: TaskRunListener | undefined;
  #outcome: TaskOutcome | undefined;
  #status: TaskStatus | "pending" = "pending";
  #receivedMs: number | undefined;
  #value: unknown;
  #error: Error | undefined;
  #stdout = "";
  #stderr = "";
  #outputDropped = 0;
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
    site?: SourceSite,
  ) {
    this.id = id;
    this.#site = site;
    this.submittedMs = submittedMs;
    this.#voice = voice;
  }

  /** Says who hears what happens; one listener at most. */
  listen(listener: TaskRunListener): void {
    this.#listener = listener;
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

  /** The engine that ran it. */
  get engineId(): number | undefined {
    return this.#outcome?.engineId;
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
      stdout: this.#stdout,
      stderr: this.#stderr,
      outputDropped: this.#outputDropped,
      outputs: this.#events?.outputs ?? NOTHING,
      data: this.#events?.data ?? NOTHING,
      progress: this.#events?.progress,
      eventsDropped: this.#events?.dropped ?? 0,
      error: this.#error,
    };
  }

  /** Takes a piece of output. */
  addOutput(output: Output): void {
    this.#outputsSeen++;
    this.#outputDropped += output.dropped;
    if (output.stream === "stdout") {
      this.#stdout = this.#keep(this.#stdout, output);
    } else this.#stderr = this.#keep(this.#stderr, output);
    this.#listener?.wrote(this, output);
  }

  /** Takes something that the task tells. */
  addEvent(event: TaskEvent, payload: readonly Uint8Array[]): void {
    const events = this.#told();
    if (event.kind === "item") {
      if (!events.addItem(event, payload)) return;
      return this.#listener?.item(this, events.received - 1);
    }
    for (const told of events.addEvent(event, payload)) {
      this.#listener?.told(this, told);
    }
  }

  /** Takes the outcome and settles. */
  settle(
    outcome: TaskOutcome,
    payload: readonly Uint8Array[],
    nowMs: number,
  ): void {
    if (this.done) return;
    this.#outcome = outcome;
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
    this.#listener?.settled(this);
  }

  /** Settles with an error that arose here. */
  fail(error: Error, nowMs: number): void {
    if (this.done) return;
    this.#status = error instanceof CancelledError ? "cancelled" : "error";
    this.#receivedMs = nowMs;
    this.#error = error;
    this.#events?.ended(undefined, undefined);
    this.#listener?.settled(this);
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

  #keep(kept: string, output: Output): string {
    const room = OUTPUT_KEPT_MAX - kept.length;
    if (output.text.length <= room) return kept + output.text;
    this.#outputDropped += output.text.length - room;
    return kept + output.text.slice(0, room);
  }
}

/** The text of one stream of some runs, in the order of the runs. */
export function streamText(
  runs: readonly TaskRun[],
  stream: OutputStream,
): string {
  return runs.map((run) => run.metadata[stream]).join("");
}

function outcomeError(
  outcome: TaskOutcome,
  payload: readonly Uint8Array[],
  site: SourceSite | undefined,
): Error {
  const { id, engineId, reason = "no reason given" } = outcome;
  switch (outcome.status) {
    case "ok":
    case "error":
      return remoteError(decodeThrown(payload), engineId, id, site);
    case "engine_lost":
      return new EngineLostError(
        `Cannot finish task ${id}: engine ${engineId} is lost (${reason})`,
        { engineId, taskId: id, ...endDetails(outcome) },
      );
    case "cancelled":
      return new CancelledError(`Task ${id} was cancelled: ${reason}`);
    case "timed_out":
      return new TimeoutError(`Task ${id} was stopped: ${reason}`);
    case "refused":
      return reason.includes("at most")
        ? new LimitError(`Cannot submit task ${id}: ${reason}`)
        : new ConnectionError(`Cannot submit task ${id}: ${reason}`);
    case "unmet":
    case "impossible":
    case "invalid":
      return new DependencyError(
        outcome.status,
        `Cannot run task ${id}: ${reason}`,
      );
  }
}

function endDetails(
  outcome: TaskOutcome,
): Omit<EngineLostDetails, "engineId" | "taskId"> {
  const { exitCode, signal, outOfMemory, stderrTail } = outcome.end ?? {};
  return {
    ...(exitCode === undefined ? {} : { exitCode }),
    ...(signal === undefined ? {} : { signal }),
    ...(outOfMemory === undefined ? {} : { outOfMemory }),
    ...(stderrTail === undefined ? {} : { stderrTail }),
  };
}

function remoteError(
  data: ThrownData,
  engineId: number,
  taskId: string,
  site: SourceSite | undefined,
): RemoteError {
  const stack = site?.locate(data.stack) ?? data.stack;
  const error = new RemoteError(
    {
      remoteName: data.name,
      remoteMessage: data.message,
      remoteStack: stack,
      engineId,
      taskId,
      properties: data.properties,
    },
    data.cause === undefined
      ? undefined
      : { cause: remoteError(data.cause, engineId, taskId, site) },
  );
  // What helps is where the user's code failed, not where this was decoded.
  const frames = stack.split("\n").filter((line) => line.startsWith("    at "));
  error.stack = [`RemoteError: ${error.message}`, ...frames].join("\n");
  return error;
}
