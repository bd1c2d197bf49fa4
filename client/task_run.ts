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
  type TaskOutcome,
  type TaskStatus,
  type ThrownData,
} from "../messages/mod.ts";

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
  /** Why it failed, if it did. */
  readonly error: Error | undefined;
}

/** Output kept for each stream of a task, in UTF-16 units. */
export const OUTPUT_KEPT_MAX: number = 8 << 20;

/** Hears what happens to a run. */
export interface TaskRunListener {
  /** The run has its value or its error. */
  settled(run: TaskRun): void;
  /** The run wrote something. */
  wrote(run: TaskRun, output: Output): void;
}

/** One run of one task. */
export class TaskRun {
  /** The task's id. */
  readonly id: string;
  /** When it was submitted, in milliseconds since the Unix epoch. */
  readonly submittedMs: number;
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

  /** Makes a run that waits for its outcome. */
  constructor(id: string, submittedMs: number) {
    this.id = id;
    this.submittedMs = submittedMs;
  }

  /** Says who hears what happens; one listener at most. */
  listen(listener: TaskRunListener): void {
    this.#listener = listener;
  }

  /** Whether the outcome is here. */
  get done(): boolean {
    return this.#status !== "pending";
  }

  /** The value, once done. */
  get value(): unknown {
    return this.#value;
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
    try {
      if (outcome.status === "ok") this.#value = decodeValue(payload);
      else this.#error = outcomeError(outcome, payload);
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
    this.#listener?.settled(this);
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
): Error {
  const { id, engineId, reason = "no reason given" } = outcome;
  switch (outcome.status) {
    case "ok":
    case "error":
      return remoteError(decodeThrown(payload), engineId, id);
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
): RemoteError {
  const error = new RemoteError(
    {
      remoteName: data.name,
      remoteMessage: data.message,
      remoteStack: data.stack,
      engineId,
      taskId,
      properties: data.properties,
    },
    data.cause === undefined
      ? undefined
      : { cause: remoteError(data.cause, engineId, taskId) },
  );
  // What helps is where the user's code failed, not where this was decoded.
  const frames = data.stack.split("\n").filter((line) =>
    line.startsWith("    at ")
  );
  error.stack = [`RemoteError: ${error.message}`, ...frames].join("\n");
  return error;
}
