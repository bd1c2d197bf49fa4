/**
 * Runs the tasks of a slot process, one at a time, in the order they came.
 *
 * @module
 */
import { Deque } from "../base/mod.ts";
import {
  encodeOwnList,
  encodeThrown,
  encodeValue,
  functionOf,
  OWN_FRAME_BYTES_MIN,
  type TaskAssign,
  type TaskEvent,
  type TaskOutcome,
  thrownData,
  type Work,
} from "../messages/mod.ts";
import type { TaskSpan, Tracing } from "../tracing/mod.ts";
import type { FunctionCache, ShippedFunction } from "./function_cache.ts";
import { ItemStream } from "./item_stream.ts";
import type { OutputCapture } from "./output_capture.ts";
import type { Payload } from "./slot_state.ts";
import { isIterator, isThenable, type ItemSource } from "./result_kind.ts";
import { StopStep } from "./stop_state.ts";
import type { TaskSignal } from "./user_scope.ts";
import { trimCellStack } from "./cell_stack.ts";
import { UnmetCondition } from "./unmet_condition.ts";
import type { ReadyWork, WorkRunner } from "./work_runner.ts";

/** Options of {@linkcode TaskRunner}. */
export interface TaskRunnerOptions {
  /** The functions that have been shipped. */
  readonly functions: FunctionCache;
  /** Decodes and compiles what is to be run. */
  readonly work: WorkRunner;
  /** Notices what the tasks write. */
  readonly capture: Pick<OutputCapture, "taskStarted" | "taskEnded">;
  /** What a task hears that is to be stopped. */
  readonly signal: TaskSignal;
  /** Takes each item and each outcome, whose `outputs` are the streams with an end mark. */
  readonly post: (message: TaskOutcome | TaskEvent, payload: Payload) => void;
  /** Whether bytes given to `post` have not been written yet. */
  readonly isSending: () => boolean;
  /** Where spans go, where anybody takes them. */
  readonly tracing?: Tracing | undefined;
}

interface WaitingTask {
  readonly id: string;
  readonly work: Work;
  readonly shipped: ShippedFunction | undefined;
  readonly payload: Payload;
  readonly inputParts: readonly number[] | undefined;
  readonly trace: string | undefined;
  /** Somebody does not want it any more. */
  isAborted: boolean;
}

// On engines user code may replace the globals; what is used later is kept.
const { isArray } = Array;

const NO_PAYLOAD: Payload = [];

/** How often to look whether a large result has been written. */
const SENDING_POLL_MS = 1;

// User code may replace the globals.
const { queueMicrotask, setImmediate, setTimeout } = globalThis;
const now = performance.now.bind(performance);
const { timeOrigin } = performance;
const { inspect } = Deno;

/**
 * Runs tasks. User code is entered from a microtask with nothing of ours
 * below it, so that an interrupt can never unwind our reading.
 */
export class TaskRunner {
  readonly #options: TaskRunnerOptions;
  readonly #waiting = new Deque<WaitingTask>();
  readonly #runNext: () => void;
  /** These two serve all tasks until one is given up while it waits. */
  #onValue: (value: unknown) => void = () => {};
  #onThrown: (thrown: unknown) => void = () => {};
  #onReady: (start: ReadyWork) => void = () => {};
  #busy = false;
  /**
   * Whether user code has been entered and not left. Whoever sees it set from
   * outside knows that the code has been unwound.
   */
  #isInside = false;
  /** Whether the task that runs is to end. */
  #isAborted = false;
  #id = "";
  /** The last task that was given up. */
  #givenUpId = "";
  #kind: Work["kind"] = "apply";
  #trace: string | undefined;
  /** Of the task that runs, where it is traced. */
  #span: TaskSpan | undefined;
  /** The items of the task that runs, where it makes any. */
  #stream: ItemStream | undefined;
  #startedMs = 0;

  /** Starts idle. */
  constructor(options: TaskRunnerOptions) {
    this.#options = options;
    this.#runNext = () => this.#run();
    this.#listenAnew();
  }

  /** Takes a function's source. */
  sourceArrived(hash: string, source: Uint8Array): void {
    this.#options.functions.put(hash, source);
  }

  /** Takes a task; it runs when those before it are done. */
  taskAssigned(assign: TaskAssign, payload: Payload): void {
    // Looked up now: what has been forgotten when the task runs depends on
    // the order of arrival alone, as the supervisor expects.
    const { id, work, inputParts, trace } = assign;
    const hash = functionOf(work);
    const shipped = hash === undefined
      ? undefined
      : this.#options.functions.touch(hash);
    this.#waiting.push({
      ...{ id, work, shipped, payload, inputParts, trace },
      isAborted: false,
    });
    if (this.#busy) return;
    this.#busy = true;
    queueMicrotask(this.#runNext);
  }

  /** A task is not wanted any more: it does not start, or hears its signal. */
  taskAborted(id: string): void {
    if (id !== this.#id) {
      for (const task of this.#waiting) {
        if (task.id === id) task.isAborted = true;
      }
      return;
    }
    if (this.#isAborted) return;
    this.#isAborted = true;
    if (this.#isInside) return this.#giveUp("cancelled", StopStep.INTERRUPTED);
    // Whoever listens to the signal is user code.
    queueMicrotask(() => {
      if (id !== this.#id) return;
      this.#stream?.hold();
      setImmediate(() => queueMicrotask(() => this.#endAborted(id)));
      this.#options.signal.abort();
    });
  }

  /** Gives up a task that has heard its signal and still waits. */
  #endAborted(id: string): void {
    const stream = this.#stream;
    const giveUp = (): void => {
      if (id === this.#id) this.#giveUp("cancelled", StopStep.ABORTED);
    };
    // Between two items a `finally` can still be waited for.
    if (stream?.isPausing === true) return stream.end(giveUp);
    giveUp();
    stream?.end(() => {});
  }

  /** The caller has consumed so many items of a task. */
  itemsConsumed(id: string, items: number): void {
    if (id === this.#id) this.#stream?.acknowledged(items);
  }

  /**
   * Code was interrupted to stop a task: it ends here, or whatever else was
   * running instead.
   */
  taskDropped(id: string): void {
    if (id === this.#id) this.#giveUp("cancelled", StopStep.INTERRUPTED);
    else {
      this.taskAborted(id);
      // A task that was given up here was unwound itself. One that had just
      // ended was not: what was unwound in its place may be the next, and of
      // one that waits nobody can tell. It ends here rather than never.
      if (this.#id !== "" && id !== this.#givenUpId) {
        this.#giveUp("engine_lost", "interrupted by the end of another task");
      }
    }
    // What would have started the next task may have been unwound, too.
    if (this.#busy) queueMicrotask(this.#runNext);
  }

  #run(): void {
    if (this.#id !== "") return;
    const task = this.#waiting.shift();
    if (task === undefined) {
      this.#busy = false;
      return;
    }
    this.#id = task.id;
    this.#kind = task.work.kind;
    this.#trace = task.trace;
    this.#options.capture.taskStarted();
    this.#startedMs = timeOrigin + now();
    if (task.isAborted) return this.#giveUp("cancelled", StopStep.SKIPPED);
    try {
      const { work, payload, shipped, inputParts } = task;
      const runner = this.#options.work;
      const ready = runner.prepare(work, payload, shipped, inputParts);
      if (typeof ready === "function") return this.#start(ready);
      ready.then(this.#onReady).catch(this.#onThrown);
    } catch (thrown) {
      this.#finishThrown(thrown);
    }
  }

  /** Runs what is left to run: user code. */
  #start(ready: ReadyWork): void {
    this.#startedMs = timeOrigin + now();
    let value: unknown;
    try {
      const call = this.#trace === undefined ? ready : this.#traced(ready);
      this.#isInside = true;
      value = call();
      this.#isInside = false;
      if (isThenable(value)) {
        Promise.resolve(value).then(this.#onValue, this.#onThrown);
        return;
      }
    } catch (thrown) {
      this.#isInside = false;
      return this.#finishThrown(thrown);
    }
    this.#finishValue(value);
  }

  /** User code with a span around it, so that its own are below. */
  #traced(ready: ReadyWork): ReadyWork {
    const span = this.#options.tracing?.begin("run", `run ${this.#kind}`, {
      parent: this.#trace,
      attributes: { "ippd.task.id": this.#id },
    });
    this.#span = span;
    return span === undefined ? ready : () => span.within(ready);
  }

  #finishValue(value: unknown): void {
    if (this.#kind === "apply" && isIterator(value)) return this.#send(value);
    const completedMs = timeOrigin + now();
    let payload: Payload;
    try {
      payload = encodeResult(this.#kind, value);
    } catch (thrown) {
      return this.#finishThrown(thrown);
    }
    this.#finish("ok", completedMs, payload);
  }

  /** Sends the items of a generator as they are made. */
  #send(source: ItemSource): void {
    if (this.#isAborted) return this.#giveUp("cancelled", StopStep.ABORTED);
    const id = this.#id;
    this.#stream = new ItemStream(source, {
      inside: (isInside) => {
        if (id === this.#id) this.#isInside = isInside;
      },
      item: (index, payload) => {
        const kind = "item";
        this.#options.post(
          { type: "task_event", id, engineId: 0, kind, index },
          payload,
        );
      },
      sent: (payload, next) => this.#whenSent(payload, next),
      finished: (items) =>
        this.#finish("ok", timeOrigin + now(), NO_PAYLOAD, { items }),
      thrown: (thrown) => this.#finishThrown(thrown),
    });
    const next = (): void => this.#stream?.next();
    if (this.#span === undefined) next();
    else this.#span.within(next);
  }

  #finishThrown(thrown: unknown): void {
    if (thrown instanceof UnmetCondition) {
      return this.#giveUp("unmet", thrown.message);
    }
    this.#finish("error", timeOrigin + now(), encodeAnyThrown(thrown));
  }

  #finish(
    status: "ok" | "error",
    completedMs: number,
    payload: Payload,
    made?: { readonly items: number },
  ): void {
    if (this.#isAborted) return this.#giveUp("cancelled", StopStep.ABORTED);
    this.#end({
      type: "task_outcome",
      id: this.#id,
      status,
      engineId: 0,
      startedMs: this.#startedMs,
      completedMs,
      outputs: this.#options.capture.taskEnded(),
      ...made,
    }, payload);
  }

  /** Ends a task that has not ended, and may do so later unheard. */
  #giveUp(status: "cancelled" | "engine_lost" | "unmet", reason: string): void {
    this.#givenUpId = this.#id;
    this.#listenAnew();
    this.#isAborted = this.#isInside = false;
    this.#end({
      type: "task_outcome",
      id: this.#id,
      status,
      engineId: 0,
      startedMs: this.#startedMs,
      completedMs: timeOrigin + now(),
      outputs: this.#options.capture.taskEnded(),
      reason,
    }, NO_PAYLOAD);
  }

  #end(outcome: TaskOutcome, payload: Payload): void {
    const { status, reason } = outcome;
    this.#span?.end({ status, reason });
    this.#span = undefined;
    this.#options.post(outcome, payload);
    this.#id = "";
    this.#stream?.close();
    this.#stream = undefined;
    this.#options.signal.renew();
    // The next task starts in a turn of its own, so that this outcome is on
    // its way before user code may keep the process busy for hours.
    this.#whenSent(payload, this.#runNext);
  }

  /** Calls user code in a turn of its own, once it may change the memory. */
  #whenSent(payload: Payload, next: () => void): void {
    if (hasLargePart(payload)) this.#awaitSent(next);
    else setImmediate(() => queueMicrotask(next));
  }

  /** Makes the callbacks anew: what calls those so far is not heard. */
  #listenAnew(): void {
    const isCurrent = (): boolean => onValue === this.#onValue;
    const onValue = (value: unknown): void => {
      if (isCurrent()) this.#finishValue(value);
    };
    this.#onValue = onValue;
    this.#onThrown = (thrown) => {
      if (isCurrent()) this.#finishThrown(thrown);
    };
    this.#onReady = (start) => {
      if (isCurrent()) this.#start(start);
    };
  }

  /** Waits: user code may change the memory that is being written. */
  #awaitSent(next: () => void): void {
    setTimeout(() => {
      if (this.#options.isSending()) this.#awaitSent(next);
      else queueMicrotask(next);
    }, SENDING_POLL_MS);
  }
}

function encodeResult(kind: Work["kind"], value: unknown): Payload {
  if (kind === "execute") return encodeShown(value);
  // The list of the rows' results is not the user's.
  return kind === "map" && isArray(value)
    ? encodeOwnList(value)
    : encodeValue(value);
}

/** The value of a cell, or how it looks when it cannot cross. */
function encodeShown(value: unknown): Payload {
  try {
    if (!isIterator(value)) return encodeValue(value);
  } catch {
    // How it looks is better than nothing.
  }
  return encodeValue(inspect(value));
}

/** Encodes what was thrown, even when reading it throws again. */
function encodeAnyThrown(thrown: unknown): Payload {
  try {
    return encodeThrown(thrownData(thrown, trimCellStack));
  } catch {
    return encodeThrown({
      name: "Error",
      message: "Cannot describe what was thrown: reading it throws",
      stack: "",
      properties: {},
    });
  }
}

function hasLargePart(payload: Payload): boolean {
  for (const part of payload) {
    if (part.byteLength >= OWN_FRAME_BYTES_MIN) return true;
  }
  return false;
}
