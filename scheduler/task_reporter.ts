/**
 * What the hub is told about tasks: gathered for a moment, then sent in
 * batches. A task that begins and ends within that moment is told at once,
 * which costs both sides least. When the hub is slow, what cannot be kept is
 * dropped and counted; tasks never wait for it.
 *
 * @module
 */
import {
  bytesOf,
  type Clock,
  type LimitTally,
  type Timer,
} from "../base/mod.ts";
import {
  functionOf,
  type Kept,
  type Message,
  type ObservedEnd,
  type ObservedSubmission,
  type TaskOutcome,
} from "../messages/mod.ts";
import { ObservationOutbox } from "./observation_outbox.ts";
import { OBSERVED_TEXT_MAX, observedRequest } from "./observed_request.ts";
import { REPORTER_LIMITS, type ReporterLimits } from "./reporter_limits.ts";
import { SeenTasks } from "./seen_tasks.ts";
import type { ObservedTask, SeenTask, TaskObserver } from "./task_observer.ts";

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

/** Who is to hear that everything has been told that waited then. */
interface Tell {
  /** The number of the first batch that is none of its business. */
  readonly until: number;
  readonly told: () => void;
}

/** A submission with the bytes that are kept of it. */
interface Submitted {
  readonly submitted: ObservedSubmission;
  readonly request: readonly Uint8Array[];
  readonly bytes: number;
}

const NO_PARTS: readonly Uint8Array[] = [];
/** Most questions that wait until everything is told; more are not made to. */
export const TELLS_MAX = 256;
/**
 * This part of the tasks that may wait is waited for; then they are told
 * twice, which is dear: the rest is for when the hub is slow.
 */
const EARLY_SHARE = 2;
/** Functions that the hub is known to have; then they are told anew. */
const UNITS_TOLD_MAX = 10_000;

/** Tells the hub about tasks. */
export class TaskReporter implements TaskObserver {
  readonly #options: TaskReporterOptions;
  readonly #limits: ReporterLimits;
  /** Tasks that have not ended. */
  readonly #open = new SeenTasks();
  readonly #outbox: ObservationOutbox;
  readonly #unitsTold = new Set<string>();
  #lastUnit = "";
  #tells: Tell[] = [];
  #enabled = false;
  /** How many times what waited was gathered. */
  #gathering = 0;
  /** A detached task came, which only the hub remembers for its client. */
  #isUrgent = false;
  #timer: Timer | undefined;

  /** Makes a reporter that says nothing until the hub keeps records. */
  constructor(options: TaskReporterOptions) {
    this.#options = options;
    this.#limits = { ...REPORTER_LIMITS, ...options.limits };
    const { send, tally } = options;
    this.#outbox = new ObservationOutbox({ send, limits: this.#limits, tally });
  }

  /** Whether the hub keeps records. */
  get enabled(): boolean {
    return this.#enabled;
  }

  /** Tasks of which something waits to be sent. */
  get waiting(): number {
    return this.#open.size + this.#outbox.rows;
  }

  /** The hub is there, for the first time or again. */
  registered(keepsRecords: boolean): void {
    this.#enabled = keepsRecords;
    this.#unitsTold.clear();
    this.#lastUnit = "";
    if (!keepsRecords) return this.stop();
    this.#outbox.sendAgain();
  }

  /** The hub has recorded a batch. */
  acknowledged(number: number): void {
    this.#outbox.acknowledged(number);
    this.#tellEarly();
    this.#told();
  }

  /** Tells everything that waits now, as fast as the hub takes it. */
  tell(told: () => void): void {
    if (this.waiting === 0) return told();
    if (this.#tells.length >= TELLS_MAX) {
      this.#options.tally?.reached("TELLS_MAX");
      return told();
    }
    this.#tellOpen(this.#open.size);
    this.#outbox.close();
    this.#tells.push({ until: this.#outbox.next, told });
    this.#told();
  }

  /** Forgets what waits. */
  stop(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#open.clear();
    this.#outbox.clear();
    for (const { told } of this.#tells.splice(0)) told();
  }

  /** A task was admitted. */
  submitted(task: ObservedTask): void {
    if (!this.#mayAdd(task)) return;
    this.#tellUnit(functionOf(task.request.work));
    this.#open.add(task, this.#options.clock.now(), this.#gathering);
    if (task.request.terms?.detached === true) this.#isUrgent = true;
    this.#tellEarly();
    this.#setTimer();
  }

  /** A task was given to an engine. */
  assigned(task: ObservedTask, engineId: number): void {
    const seen = this.#seen(task);
    if (seen === undefined) return;
    this.#tellUnit(functionOf(task.request.work));
    seen.engineId = engineId;
    seen.assignedMs = this.#options.clock.now();
    this.#setTimer();
  }

  /** A task ended. */
  ended(
    task: ObservedTask,
    outcome: TaskOutcome,
    payload: readonly Uint8Array[],
  ): void {
    const seen = this.#seen(task);
    if (seen === undefined) return;
    const isDetached = task.request.terms?.detached === true;
    const resultBytes = bytesOf(payload);
    const { status, engineId, startedMs, completedMs, reason } = outcome;
    // What is kept of the request takes its room first.
    const submitted = this.#submission(seen);
    const room = this.#outbox.bytes + (submitted?.bytes ?? 0);
    const parts = payload.length;
    const kept = this.#keepsResult(parts, resultBytes, isDetached, room);
    const ended: ObservedEnd = {
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
    this.#put(seen, submitted, ended, kept === "kept" ? payload : NO_PARTS);
    this.#setTimer();
  }

  /** Sends what waits, as far as the hub has acknowledged what was sent. */
  flush(): void {
    if (this.#outbox.maySend) this.#tellOpen(this.#open.size);
    this.#outbox.send();
    this.#told();
  }

  /** Sends what has ended, and what has waited for long without an end. */
  #gather(): void {
    this.#timer = undefined;
    this.#gathering++;
    if (this.#isUrgent) {
      this.#isUrgent = false;
      this.flush();
    } else {
      if (this.#outbox.maySend) this.#tellOld();
      this.#outbox.send();
    }
    this.#setTimer();
  }

  /** Some of those that have waited for long, so that it costs little. */
  #tellOld(): void {
    const longest = this.#limits.openGathers;
    for (let left = this.#limits.openRowsMax; left > 0; left--) {
      // The first has waited longest.
      const { first } = this.#open;
      if (first === undefined) return;
      if (this.#gathering - first.gathering < longest) return;
      this.#put(first, this.#submission(first), undefined, NO_PARTS);
    }
  }

  /** Makes room before there is none. */
  #tellEarly(): void {
    const many = this.#limits.observedTasksMax / EARLY_SHARE;
    if (this.#open.size < many || !this.#outbox.maySend) return;
    this.#tellOpen(this.#open.size);
    this.#outbox.send();
  }

  #tellOpen(count: number): void {
    for (let left = count; left > 0; left--) {
      const { first } = this.#open;
      if (first === undefined) return;
      this.#put(first, this.#submission(first), undefined, NO_PARTS);
    }
  }

  #told(): void {
    if (this.#tells.length === 0) return;
    const { unsent } = this.#outbox;
    const isTold = ({ until }: Tell): boolean => until <= unsent;
    const told = this.#tells.filter(isTold);
    this.#tells = this.#tells.filter((tell) => !isTold(tell));
    for (const tell of told) tell.told();
  }

  /** Whether there is room for one more; otherwise it is counted. */
  #mayAdd({ request }: ObservedTask): boolean {
    if (!this.#enabled) return false;
    if (
      this.waiting < this.#limits.observedTasksMax ||
      request.terms?.detached === true
    ) return true;
    this.#outbox.drop();
    this.#options.tally?.reached("observedTasksMax");
    return false;
  }

  /** What was seen of a task; `undefined` where there is no room for more. */
  #seen(task: ObservedTask): SeenTask | undefined {
    if (task.seen !== undefined) return task.seen;
    if (!this.#mayAdd(task)) return undefined;
    return this.#open.add(task, undefined, this.#gathering);
  }

  /** Tells what was seen of a task, and has seen nothing then. */
  #put(
    seen: SeenTask,
    about: Submitted | undefined,
    ended: ObservedEnd | undefined,
    result: readonly Uint8Array[],
  ): void {
    const { task: { id }, engineId, assignedMs } = seen;
    this.#open.remove(seen);
    const isKept = ended?.resultKept === "kept";
    const bytes = (about?.bytes ?? 0) + (isKept ? ended.resultBytes : 0);
    this.#outbox.add({
      id,
      submitted: about?.submitted,
      assigned: engineId < 0 ? undefined : { engineId, assignedMs },
      ended,
      request: about?.request ?? NO_PARTS,
      result,
    }, bytes);
  }

  #submission(seen: SeenTask): Submitted | undefined {
    const { task, submittedMs, payload } = seen;
    if (submittedMs === undefined) return undefined;
    const { request, place, client } = task;
    const observed = observedRequest(request, place, this.#options.tally);
    const requestBytes = bytesOf(payload);
    const kept = observed.isWhole
      ? this.#keepsRequest(task, payload.length, requestBytes)
      : "too large";
    return {
      submitted: {
        client: client.id,
        submittedMs,
        mode: request.mode,
        targets: observed.targets,
        work: observed.work,
        terms: observed.terms,
        timeoutMs: request.timeoutMs,
        requestBytes,
        requestKept: kept,
      },
      request: kept === "kept" ? payload : NO_PARTS,
      bytes: observed.bytes + (kept === "kept" ? requestBytes : 0),
    };
  }

  #keepsRequest(
    { request, place }: ObservedTask,
    parts: number,
    bytes: number,
  ): Kept {
    if (this.#hasManyParts(parts)) return "too large";
    // Again it would be another task: it might do more.
    if (request.permissions !== undefined) return "narrowed";
    // Values of other tasks are not part of the request.
    if (request.terms?.inputs !== undefined) return "inputs";
    // A request with many targets has a task for each.
    const copies = typeof place === "number" ? request.targets.length : 1;
    const { requestBytesMax } = this.#limits;
    return this.#keeps(bytes * copies, requestBytesMax, this.#outbox.bytes);
  }

  #keepsResult(
    parts: number,
    bytes: number,
    isDetached: boolean,
    room: number,
  ): Kept {
    if (this.#hasManyParts(parts)) return "too large";
    if (bytes === 0) return "none";
    const { detachedBytesMax, resultBytesMax } = this.#limits;
    if (!isDetached) return this.#keeps(bytes, resultBytesMax, room);
    if (bytes > detachedBytesMax) {
      this.#options.tally?.reached("detachedBytesMax");
    }
    return this.#keeps(bytes, detachedBytesMax, room);
  }

  #hasManyParts(parts: number): boolean {
    if (parts <= this.#limits.partsMax) return false;
    this.#options.tally?.reached("partsMax");
    return true;
  }

  /** Of what is too large the record says so, and its client has it. */
  #keeps(bytes: number, bytesMax: number, taken: number): Kept {
    if (bytes > bytesMax) return "too large";
    if (taken + bytes <= this.#limits.bytesMax) return "kept";
    this.#options.tally?.reached("bytesMax");
    return "no room";
  }

  /** The hub learns a function's unit before tasks that need it. */
  #tellUnit(hash: string | undefined): void {
    if (hash === undefined || hash === this.#lastUnit) return;
    if (!this.#unitsTold.has(hash)) {
      const unit = this.#options.unit(hash);
      if (unit === undefined) return;
      if (this.#unitsTold.size >= UNITS_TOLD_MAX) this.#unitsTold.clear();
      this.#unitsTold.add(hash);
      this.#options.send({ type: "function_source", hash }, [unit]);
    }
    this.#lastUnit = hash;
  }

  #setTimer(): void {
    if (this.#timer !== undefined || this.waiting === 0) return;
    const { clock } = this.#options;
    this.#timer = clock.setTimer(this.#limits.gatherMs, () => this.#gather());
  }
}
