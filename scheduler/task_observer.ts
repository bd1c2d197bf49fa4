/**
 * What the hub is told about tasks: gathered for a moment, then sent in
 * batches. A task that begins and ends within that moment is told at once,
 * which costs both sides least. When the hub is slow, what cannot be kept is
 * dropped and counted; tasks never wait for it.
 *
 * @module
 */
import type { Clock, LimitTally, Timer } from "../base/mod.ts";
import {
  functionOf,
  type Kept,
  type Message,
  OBSERVATION_ROWS_MAX,
  type ObservedAssignment,
  type ObservedEnd,
  type ObservedSubmission,
  packObservations,
  type TaskObservation,
  type TaskOutcome,
  type TaskRequest,
} from "../messages/mod.ts";
import { byteLength } from "./payload_bytes.ts";
import { OBSERVED_TEXT_MAX, observedRequest } from "./observed_request.ts";
import { REPORTER_LIMITS, type ReporterLimits } from "./reporter_limits.ts";

/** A task as an observer sees it. */
export interface ObservedTask {
  /** The task's id. */
  readonly id: string;
  /** Its client. */
  readonly client: {
    /** Its routing id. */
    readonly id: string;
  };
  /** What its client asked for. */
  readonly request: TaskRequest;
  /** The engines that may run it: one of a direct task, or any of a list. */
  readonly place: number | readonly number[];
  /** Its arguments. */
  readonly payload: readonly Uint8Array[];
  /** Bytes of the arguments. */
  readonly payloadBytes: number;
}

/** Hears what becomes of tasks. */
export interface TaskObserver {
  /** A task was admitted. */
  submitted(task: ObservedTask): void;
  /** A task was given to an engine. */
  assigned(task: ObservedTask, engineId: number): void;
  /** A task ended. */
  ended(
    task: ObservedTask,
    outcome: TaskOutcome,
    payload: readonly Uint8Array[],
  ): void;
}

/** Options of {@linkcode TaskReporter}. */
export interface TaskReporterOptions {
  /** Time. */
  readonly clock: Clock;
  /** Says something to the hub. */
  readonly send: (message: Message, payload?: readonly Uint8Array[]) => void;
  /** The unit of a function, if it is here. */
  readonly unit: (hash: string) => Uint8Array | undefined;
  /** Limits other than {@linkcode REPORTER_LIMITS}. */
  readonly limits?: Partial<ReporterLimits> | undefined;
  /** Counts limits that are reached. */
  readonly tally?: LimitTally | undefined;
}

/** What waits to be said of one task. */
interface Waiting extends TaskObservation {
  /** Its number among all that ever waited. */
  readonly number: number;
  /** How many times had been gathered when it came. */
  readonly gathering: number;
  submitted: ObservedSubmission | undefined;
  assigned: ObservedAssignment | undefined;
  ended: ObservedEnd | undefined;
  request: readonly Uint8Array[];
  result: readonly Uint8Array[];
  bytes: number;
}

/** Who is to hear that everything has been told that waited then. */
interface Tell {
  /** The number of the first task that is none of its business. */
  readonly until: number;
  readonly told: () => void;
  /** Tasks that still wait. */
  left: number;
}

interface Batch {
  readonly message: Message;
  readonly payload: readonly Uint8Array[];
  readonly bytes: number;
}

const NO_PARTS: readonly Uint8Array[] = [];
/** Most questions that wait until everything is told; more are not made to. */
export const TELLS_MAX = 256;
/**
 * This part of the tasks that may wait is not waited for: the rest is for
 * when the hub is slow.
 */
const EARLY_SHARE = 4;
/** Functions that the hub is known to have; then they are told anew. */
const UNITS_TOLD_MAX = 10_000;

/** Tells the hub about tasks. */
export class TaskReporter implements TaskObserver {
  readonly #options: TaskReporterOptions;
  readonly #limits: ReporterLimits;
  /** Tasks that have not ended. */
  readonly #open = new Map<string, Waiting>();
  /** Tasks that have begun and ended since the hub was told anything. */
  readonly #whole = new Map<string, Waiting>();
  /** Tasks that have ended, of which the hub has heard before. */
  readonly #late = new Map<string, Waiting>();
  readonly #unacknowledged = new Map<number, Batch>();
  readonly #unitsTold = new Set<string>();
  readonly #tells: Tell[] = [];
  #enabled = false;
  /** How many tasks have waited, and how many times they were gathered. */
  #number = 0;
  #gathering = 0;
  /** A detached task came, which only the hub remembers for its client. */
  #isUrgent = false;
  #bytes = 0;
  #dropped = 0;
  #nextBatch = 0;
  #timer: Timer | undefined;

  /** Makes a reporter that says nothing until the hub keeps records. */
  constructor(options: TaskReporterOptions) {
    this.#options = options;
    this.#limits = { ...REPORTER_LIMITS, ...options.limits };
  }

  /** Whether the hub keeps records. */
  get enabled(): boolean {
    return this.#enabled;
  }

  /** Tasks of which something waits to be sent. */
  get waiting(): number {
    return this.#open.size + this.#whole.size + this.#late.size;
  }

  /** The hub is there, for the first time or again. */
  registered(keepsRecords: boolean): void {
    this.#enabled = keepsRecords;
    this.#unitsTold.clear();
    if (!keepsRecords) return this.stop();
    for (const { message, payload } of this.#unacknowledged.values()) {
      this.#options.send(message, payload);
    }
  }

  /** The hub has recorded a batch. */
  acknowledged(number: number): void {
    const batch = this.#unacknowledged.get(number);
    if (batch === undefined) return;
    this.#unacknowledged.delete(number);
    this.#bytes -= batch.bytes;
    if (this.#tells.length > 0) this.flush();
    else this.#flushFull();
  }

  /** Tells everything that waits now, as fast as the hub takes it. */
  tell(told: () => void): void {
    const left = this.waiting;
    if (left === 0) return told();
    if (this.#tells.length >= TELLS_MAX) {
      this.#options.tally?.reached("TELLS_MAX");
      return told();
    }
    this.#tells.push({ until: this.#number, told, left });
    this.flush();
  }

  /** Forgets what waits. */
  stop(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    for (const waiting of this.#queues()) waiting.clear();
    for (const { told } of this.#tells.splice(0)) told();
    this.#unacknowledged.clear();
    this.#bytes = 0;
  }

  /** A task was admitted. */
  submitted(task: ObservedTask): void {
    const waiting = this.#of(task);
    if (waiting === undefined) return;
    const { request, payload, payloadBytes, place, client } = task;
    this.#tellUnit(functionOf(request.work));
    const observed = observedRequest(request, place, this.#options.tally);
    const kept = observed.isWhole ? this.#keepsRequest(task) : "too large";
    if (request.terms?.detached === true) this.#isUrgent = true;
    waiting.submitted = {
      client: client.id,
      submittedMs: this.#options.clock.now(),
      mode: request.mode,
      targets: observed.targets,
      work: observed.work,
      terms: observed.terms,
      timeoutMs: request.timeoutMs,
      requestBytes: payloadBytes,
      requestKept: kept,
    };
    this.#weigh(waiting, observed.bytes);
    if (kept === "kept") {
      waiting.request = payload;
      this.#weigh(waiting, payloadBytes);
    }
    this.#wake(waiting);
  }

  /** A task was given to an engine. */
  assigned(task: ObservedTask, engineId: number): void {
    const waiting = this.#of(task);
    if (waiting === undefined) return;
    this.#tellUnit(functionOf(task.request.work));
    waiting.assigned = { engineId, assignedMs: this.#options.clock.now() };
    this.#wake(waiting);
  }

  /** A task ended. */
  ended(
    task: ObservedTask,
    outcome: TaskOutcome,
    payload: readonly Uint8Array[],
  ): void {
    const waiting = this.#of(task);
    if (waiting === undefined) return;
    const isDetached = task.request.terms?.detached === true;
    const resultBytes = byteLength(payload);
    const kept = this.#keepsResult(payload.length, resultBytes, isDetached);
    const { status, engineId, startedMs, completedMs, reason } = outcome;
    waiting.ended = {
      status,
      engineId,
      startedMs,
      completedMs,
      receivedMs: this.#options.clock.now(),
      attempts: outcome.attempts ?? (startedMs > 0 ? 1 : 0),
      reason: reason?.slice(0, OBSERVED_TEXT_MAX),
      resultBytes,
      resultKept: kept,
    };
    if (kept === "kept") {
      waiting.result = payload;
      this.#weigh(waiting, resultBytes);
    }
    this.#open.delete(task.id);
    const isWhole = waiting.submitted !== undefined;
    (isWhole ? this.#whole : this.#late).set(task.id, waiting);
    this.#wake(waiting);
  }

  /** Sends what waits, as far as the hub has acknowledged what was sent. */
  flush(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    for (const waiting of this.#queues()) {
      while (waiting.size > 0 && this.#maySend) this.#sendBatch(waiting);
    }
    this.#setTimer();
  }

  #queues(): Map<string, Waiting>[] {
    return [this.#whole, this.#late, this.#open];
  }

  /** Whether the hub takes another batch now. */
  get #maySend(): boolean {
    return this.#unacknowledged.size < this.#limits.batchesMax;
  }

  /** Sends what has ended, and what has waited for long without an end. */
  #gather(): void {
    this.#timer = undefined;
    this.#gathering++;
    if (this.#isUrgent) {
      this.#isUrgent = false;
      return this.flush();
    }
    for (const ended of [this.#whole, this.#late]) {
      while (ended.size > 0 && this.#maySend) this.#sendBatch(ended);
    }
    const longest = this.#limits.openGathers;
    const isOld = ({ gathering }: Waiting): boolean =>
      this.#gathering - gathering >= longest;
    while (this.#maySend) {
      // The first has waited longest.
      const first = this.#open.values().next();
      if (first.done === true || !isOld(first.value)) break;
      this.#sendBatch(this.#open, isOld);
    }
    this.#setTimer();
  }

  /** Sends batches that are full. */
  #flushFull(): void {
    for (const ended of [this.#whole, this.#late]) {
      while (ended.size >= OBSERVATION_ROWS_MAX && this.#maySend) {
        this.#sendBatch(ended);
      }
    }
    const many = this.#limits.observedTasksMax / EARLY_SHARE;
    while (this.#open.size >= many && this.#maySend) {
      this.#sendBatch(this.#open);
    }
  }

  /** What waits of a task; `undefined` where there is no room for more. */
  #of(task: ObservedTask): Waiting | undefined {
    if (!this.#enabled) return undefined;
    const known = this.#open.get(task.id);
    if (known !== undefined) return known;
    if (
      this.waiting >= this.#limits.observedTasksMax &&
      task.request.terms?.detached !== true
    ) {
      this.#dropped++;
      this.#options.tally?.reached("observedTasksMax");
      return undefined;
    }
    const waiting: Waiting = {
      id: task.id,
      number: this.#number++,
      gathering: this.#gathering,
      submitted: undefined,
      assigned: undefined,
      ended: undefined,
      request: NO_PARTS,
      result: NO_PARTS,
      bytes: 0,
    };
    this.#open.set(task.id, waiting);
    return waiting;
  }

  #keepsRequest(task: ObservedTask): Kept {
    const { request, payload, payloadBytes, place } = task;
    if (this.#hasManyParts(payload.length)) return "too large";
    // Again it would be another task: it might do more.
    if (request.permissions !== undefined) return "narrowed";
    // Values of other tasks are not part of the request.
    if (request.terms?.inputs !== undefined) return "inputs";
    // A request with many targets has a task for each.
    const copies = typeof place === "number" ? request.targets.length : 1;
    return this.#keeps(payloadBytes * copies, this.#limits.requestBytesMax);
  }

  #keepsResult(parts: number, bytes: number, isDetached: boolean): Kept {
    if (this.#hasManyParts(parts)) return "too large";
    if (bytes === 0) return "none";
    const { detachedBytesMax, resultBytesMax } = this.#limits;
    if (!isDetached) return this.#keeps(bytes, resultBytesMax);
    if (bytes > detachedBytesMax) {
      this.#options.tally?.reached("detachedBytesMax");
    }
    return this.#keeps(bytes, detachedBytesMax);
  }

  #hasManyParts(parts: number): boolean {
    if (parts <= this.#limits.partsMax) return false;
    this.#options.tally?.reached("partsMax");
    return true;
  }

  /** Of what is too large the record says so, and its client has it. */
  #keeps(bytes: number, bytesMax: number): Kept {
    if (bytes > bytesMax) return "too large";
    if (this.#bytes + bytes <= this.#limits.bytesMax) return "kept";
    this.#options.tally?.reached("bytesMax");
    return "no room";
  }

  #weigh(waiting: Waiting, bytes: number): void {
    waiting.bytes += bytes;
    this.#bytes += bytes;
  }

  /** The hub learns a function's unit before tasks that need it. */
  #tellUnit(hash: string | undefined): void {
    if (hash === undefined || this.#unitsTold.has(hash)) return;
    const unit = this.#options.unit(hash);
    if (unit === undefined) return;
    if (this.#unitsTold.size >= UNITS_TOLD_MAX) this.#unitsTold.clear();
    this.#unitsTold.add(hash);
    this.#options.send({ type: "function_source", hash }, [unit]);
  }

  #wake({ bytes }: Waiting): void {
    if (bytes >= this.#limits.batchBytesMax) return this.flush();
    this.#flushFull();
    this.#setTimer();
  }

  #setTimer(): void {
    if (this.#timer !== undefined || this.waiting === 0) return;
    const { clock } = this.#options;
    this.#timer = clock.setTimer(this.#limits.gatherMs, () => this.#gather());
  }

  #sendBatch(
    from: Map<string, Waiting>,
    mayGo?: (waiting: Waiting) => boolean,
  ): void {
    const rows: Waiting[] = [];
    let parts = 0;
    let bytes = 0;
    for (const [id, waiting] of from) {
      if (rows.length >= OBSERVATION_ROWS_MAX) break;
      if (bytes > 0 && bytes + waiting.bytes > this.#limits.batchBytesMax) {
        break;
      }
      if (parts > this.#limits.batchPartsMax) break;
      if (mayGo?.(waiting) === false) break;
      rows.push(waiting);
      parts += waiting.request.length + waiting.result.length;
      bytes += waiting.bytes;
      from.delete(id);
    }
    const { about, payload } = packObservations(rows);
    const batch = this.#nextBatch++;
    const message: Message = {
      type: "task_observations",
      batch,
      dropped: this.#dropped,
      ...about,
    };
    this.#dropped = 0;
    this.#unacknowledged.set(batch, { message, payload, bytes });
    // What comes now waits until the hub has acknowledged one.
    if (!this.#maySend) this.#options.tally?.reached("batchesMax");
    this.#options.send(message, payload);
    if (this.#tells.length > 0) this.#countTold(rows);
  }

  #countTold(rows: readonly Waiting[]): void {
    for (const tell of [...this.#tells]) {
      for (const { number } of rows) if (number < tell.until) tell.left--;
      if (tell.left > 0) continue;
      this.#tells.splice(this.#tells.indexOf(tell), 1);
      tell.told();
    }
  }
}
