/**
 * The tasks whose records change: those that have not ended, and those whose
 * end is not written yet. Pure.
 *
 * @module
 */
import type { LimitTally } from "../base/mod.ts";
import {
  decodeThrown,
  encodeCbor,
  type EngineInfo,
  isPending,
  type ObservedEnd,
  type ObservedSubmission,
  type Output,
  type TaskObservation,
  type TaskRecord,
} from "../messages/mod.ts";
import { cleanText, packParts, type StoredTask } from "../store/mod.ts";

/** UTF-16 units of each stream of a task that its record keeps, the last. */
export const OUTPUT_TAIL_MAX = 4_096;
/** UTF-16 units of an error's message that a record keeps. */
export const ERROR_MESSAGE_MAX = 1_024;
/** Most tasks whose output is kept before anything else is known of them. */
export const EARLY_OUTPUTS_MAX = 2_048;

/** A record that still changes. */
export type LiveRecord = {
  -readonly [K in keyof TaskRecord]: TaskRecord[K];
};

/** A task whose record still changes. */
export interface LiveTask extends StoredTask {
  /** What is known of it now. */
  readonly record: LiveRecord;
  /** Routing id of the scheduler that has it. */
  readonly scheduler: string;
  /** Its request, packed. */
  request: Uint8Array | undefined;
  /** Its value or error, packed. */
  result: Uint8Array | undefined;
}

/** What the book asks others. */
export interface RecordSources {
  /** The engine with a number, if it is known. */
  readonly engine: (engineId: number) => EngineInfo | undefined;
  /** Whose client this is. */
  readonly ownerOf: (client: string) => string;
  /** The name of a function, by its hash. */
  readonly functionName: (hash: string) => string | undefined;
  /** Hears of each task once, when it has ended. */
  readonly ended: (record: TaskRecord) => void;
  /** Counts limits that are reached. */
  readonly tally?: LimitTally | undefined;
}

interface EarlyOutput {
  readonly engineId: number;
  stdout: string;
  stderr: string;
  dropped: number;
}

/** The live records by id, oldest first. */
export class RecordBook {
  readonly #sources: RecordSources;
  readonly #live = new Map<string, LiveTask>();
  readonly #early = new Map<string, EarlyOutput>();
  #lastKey = "";
  #lastAbout: Uint8Array = new Uint8Array(0);

  /** Starts with no task. */
  constructor(sources: RecordSources) {
    this.#sources = sources;
  }

  /** How many tasks are live. */
  get size(): number {
    return this.#live.size;
  }

  /** The live tasks, oldest first. */
  tasks(): Iterable<LiveTask> {
    return this.#live.values();
  }

  /** A live task. */
  get(id: string): LiveTask | undefined {
    return this.#live.get(id);
  }

  /** Takes a task out, once it is written and no longer changes here. */
  release(id: string): void {
    this.#live.delete(id);
  }

  /** Takes a task up again that was written and released. */
  resume(stored: StoredTask, scheduler: string): LiveTask {
    const known = this.#live.get(stored.record.id);
    if (known !== undefined) return known;
    const task: LiveTask = {
      record: { ...stored.record },
      scheduler,
      request: stored.request,
      result: stored.result,
    };
    this.#live.set(task.record.id, task);
    return task;
  }

  /**
   * Something was seen of a task.
   *
   * @returns the task; `undefined` when it is not live, and its record has to
   * be looked up.
   */
  observe(
    observation: TaskObservation,
    scheduler: string,
  ): LiveTask | undefined {
    const { id, submitted, assigned, ended, request, result } = observation;
    let task = this.#live.get(id);
    if (task === undefined) {
      if (submitted === undefined) return undefined;
      task = this.#begin(id, submitted, request, scheduler);
    }
    const { record } = task;
    // What is told twice, after a broken connection, changes nothing.
    if (!isPending(record.status)) return task;
    if (assigned !== undefined) {
      record.status = "running";
      record.attempts++;
      record.startedMs = number(assigned.assignedMs);
      this.#place(record, assigned.engineId);
    }
    if (ended !== undefined) this.#end(task, ended, result);
    return task;
  }

  /** A task that has not ended never will. */
  lose(task: LiveTask, reason: string, nowMs: number): void {
    task.record.status = "engine_lost";
    task.record.reason = reason;
    task.record.receivedMs = nowMs;
    this.#sources.ended(task.record);
  }

  /**
   * A task wrote something.
   *
   * @returns the task, if it is live.
   */
  output(output: Output): LiveTask | undefined {
    const task = this.#live.get(output.taskId);
    if (task === undefined) {
      this.#keepEarly(output);
      return undefined;
    }
    const { record } = task;
    // Nobody speaks for a task of another engine.
    if (record.engineId === undefined) this.#keepEarly(output);
    else if (record.engineId === output.engineId) {
      addOutput(record, output, this.#sources.tally);
    }
    return task;
  }

  #begin(
    id: string,
    submitted: ObservedSubmission,
    parts: readonly Uint8Array[],
    scheduler: string,
  ): LiveTask {
    const { work, terms, client, mode } = submitted;
    const task: LiveTask = {
      record: {
        id,
        client,
        owner: this.#sources.ownerOf(client),
        label: terms?.label === undefined ? undefined : cleanText(terms.label),
        tags: terms?.tags?.map(cleanText) ?? [],
        mode,
        kind: work.kind,
        function: this.#functionOf(submitted),
        targets: submitted.targets,
        status: "queued",
        engineId: undefined,
        engineHost: undefined,
        submittedMs: number(submitted.submittedMs),
        startedMs: undefined,
        completedMs: undefined,
        receivedMs: undefined,
        attempts: 0,
        detached: terms?.detached === true,
        reason: undefined,
        error: undefined,
        stdout: "",
        stderr: "",
        outputDropped: 0,
        requestBytes: submitted.requestBytes,
        resultBytes: 0,
        requestKept: submitted.requestKept,
        resultKept: "none",
      },
      scheduler,
      request: submitted.requestKept === "kept"
        ? packParts([this.#about(submitted), ...parts])
        : undefined,
      result: undefined,
    };
    this.#live.set(id, task);
    return task;
  }

  /** What a request says besides its arguments; calls mostly say the same. */
  #about({ work, terms, timeoutMs }: ObservedSubmission): Uint8Array {
    const isPlain = terms === undefined && timeoutMs === undefined &&
      (work.kind === "apply" || work.kind === "map");
    const key = isPlain
      ? `${work.kind} ${work.function} ${work.extras === true}`
      : undefined;
    if (key !== undefined && key === this.#lastKey) return this.#lastAbout;
    const about = encodeCbor({ work, terms: terms ?? null, timeoutMs });
    if (key !== undefined) {
      this.#lastKey = key;
      this.#lastAbout = about;
    }
    return about;
  }

  #functionOf({ work }: ObservedSubmission): string | undefined {
    switch (work.kind) {
      case "apply":
      case "map": {
        const name = this.#sources.functionName(work.function);
        return name === undefined || name === "" ? undefined : name;
      }
      case "execute":
        return cleanText(work.name);
      default:
        return undefined;
    }
  }

  #place(record: LiveRecord, engineId: number): void {
    record.engineId = engineId;
    record.engineHost = this.#sources.engine(engineId)?.host ??
      record.engineHost;
    this.#takeEarly(record);
  }

  #end(
    task: LiveTask,
    ended: ObservedEnd,
    parts: readonly Uint8Array[],
  ): void {
    const { record } = task;
    const hasRun = ended.startedMs > 0;
    if (hasRun || ended.status === "engine_lost") {
      this.#place(record, ended.engineId);
    }
    record.status = ended.status;
    if (hasRun) {
      record.startedMs = number(ended.startedMs);
      record.completedMs = number(ended.completedMs);
    }
    record.receivedMs = number(ended.receivedMs);
    record.attempts = Math.max(record.attempts, ended.attempts);
    record.reason = ended.reason === undefined
      ? undefined
      : cleanText(ended.reason);
    record.resultBytes = ended.resultBytes;
    record.resultKept = ended.resultKept;
    this.#sources.ended(record);
    this.#early.delete(record.id);
    if (ended.resultKept !== "kept") return;
    task.result = packParts(parts);
    if (ended.status === "error") {
      record.error = thrownError(parts, this.#sources.tally);
    }
  }

  #keepEarly(output: Output): void {
    const { taskId, engineId } = output;
    let early = this.#early.get(taskId);
    if (early === undefined) {
      early = { engineId, stdout: "", stderr: "", dropped: 0 };
      this.#early.set(taskId, early);
      const oldest = this.#early.keys().next();
      if (this.#early.size > EARLY_OUTPUTS_MAX && oldest.done !== true) {
        this.#early.delete(oldest.value);
        this.#sources.tally?.reached("EARLY_OUTPUTS_MAX");
      }
    }
    if (early.engineId !== engineId) return;
    const text = early[output.stream] + cleanText(output.text);
    const over = Math.max(0, text.length - OUTPUT_TAIL_MAX);
    if (over > 0) this.#sources.tally?.reached("OUTPUT_TAIL_MAX");
    early[output.stream] = text.slice(over);
    early.dropped += over + output.dropped;
  }

  #takeEarly(record: LiveRecord): void {
    const early = this.#early.get(record.id);
    if (early === undefined || early.engineId !== record.engineId) return;
    this.#early.delete(record.id);
    record.stdout += early.stdout;
    record.stderr += early.stderr;
    record.outputDropped += early.dropped;
  }
}

function addOutput(
  record: LiveRecord,
  output: Output,
  tally: LimitTally | undefined,
): void {
  const text = record[output.stream] + cleanText(output.text);
  const over = Math.max(0, text.length - OUTPUT_TAIL_MAX);
  if (over > 0) tally?.reached("OUTPUT_TAIL_MAX");
  record[output.stream] = cleanText(text.slice(over));
  record.outputDropped += over + output.dropped;
}

/** A number as every store can keep it. */
function number(value: number): number {
  const { MAX_SAFE_INTEGER: max } = Number;
  return Math.min(Math.max(value, -max), max);
}

function thrownError(
  parts: readonly Uint8Array[],
  tally: LimitTally | undefined,
): TaskRecord["error"] {
  try {
    const { name, message } = decodeThrown(parts);
    if (message.length > ERROR_MESSAGE_MAX) tally?.reached("ERROR_MESSAGE_MAX");
    return {
      name: cleanText(name),
      message: cleanText(message.slice(0, ERROR_MESSAGE_MAX)),
    };
  } catch {
    // The outcome stands, whatever its engine wrote into it.
    return { name: "unknown", message: "the error cannot be read" };
  }
}
