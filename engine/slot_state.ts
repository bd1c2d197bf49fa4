/**
 * What the supervisor knows of one slot.
 *
 * @module
 */
import {
  type Clock,
  Deque,
  type LimitTally,
  RecentByKey,
} from "../base/mod.ts";
import type { EngineEnd, TaskAssign, TaskOutcome } from "../messages/mod.ts";
import { stopReason, StopStep, type TaskStop } from "./stop_state.ts";

/** Payload parts: looked into by the slot and the client only. */
export type Payload = readonly Uint8Array[];

/** The source of a shipped function. */
export interface FunctionText {
  /** Its content hash. */
  readonly hash: string;
  /** UTF-8. */
  readonly bytes: Uint8Array;
}

/** A task that the engine holds. */
export interface HeldTask {
  /** The request as it came, and how often others may have been given it. */
  assign: TaskAssign;
  /** The request's payload, until the task is dropped. */
  payload: Payload;
  /** The function's source, once it is known. */
  source: FunctionText | undefined;
  /** Whether it waits for its source, for a slot, or has been given to one. */
  place: "missing" | "queued" | "pinned" | "slot" | "dropped";
  /** The only slot that may run it; absent, any may. */
  readonly pinned: number | undefined;
  /** The slot that it was given to last. */
  slot: number;
  /** Why it is being stopped, where a slot has it. */
  stop: TaskStop | undefined;
}

/**
 * Functions that a slot keeps, by the bytes of their source. Both sides of
 * the slot's socket use this number, so that they forget the same ones.
 */
export const SLOT_FUNCTION_BYTES_MAX: number = 16 << 20;

/** One slot, through all the processes that it will be. */
export interface SlotState {
  /** The slot's number in its engine. */
  readonly index: number;
  /**
   * A process that starts, one that works, one that is being replaced to
   * start anew, or none for ever.
   */
  phase: "starting" | "ready" | "leaving" | "gone";
  /** Tasks given to the process and unfinished, in order; the first runs. */
  readonly tasks: Deque<HeldTask>;
  /** Tasks that only this slot may run and that wait for it. */
  readonly pinned: Deque<HeldTask>;
  /** Mirror of the functions that the process keeps. */
  functions: RecentByKey<true>;
  /** Mean time of its tasks. */
  meanMs: number | undefined;
  /** When it was started again lately, oldest first. */
  readonly respawnsMs: number[];
  /** Processes that ended in a row without having finished a task. */
  endsInRow: number;
  /** Processes that ended in a row before they were ready. */
  failedStarts: number;
  /** Whether it was ready once. */
  wasReady: boolean;
}

/** The functions of a process that has none yet. */
export function newSlotFunctions(tally?: LimitTally): RecentByKey<true> {
  return new RecentByKey(
    SLOT_FUNCTION_BYTES_MAX,
    () => tally?.reached("SLOT_FUNCTION_BYTES_MAX"),
  );
}

/** A slot whose first process is about to start. */
export function newSlotState(index: number, tally?: LimitTally): SlotState {
  return {
    index,
    phase: "starting",
    tasks: new Deque(),
    pinned: new Deque(),
    functions: newSlotFunctions(tally),
    meanMs: undefined,
    respawnsMs: [],
    endsInRow: 0,
    failedStarts: 0,
    wasReady: false,
  };
}

/**
 * Whether a task has its slot for itself: nothing is fetched ahead behind it,
 * and it waits for what runs there.
 */
export function isAlone({ assign }: HeldTask): boolean {
  return assign.work.kind === "reset" || assign.waits === true ||
    isApart(assign);
}

/** Whether a task runs in a process of its own beside that of its slot. */
export function isApart(assign: TaskAssign): boolean {
  return assign.permissions !== undefined;
}

/** The outcome of a task that did not run to its end. */
export function unrunOutcome(
  id: string,
  status: TaskOutcome["status"],
  reason: string,
  clock: Pick<Clock, "now">,
): TaskOutcome {
  const nowMs = clock.now();
  return {
    type: "task_outcome",
    id,
    status,
    engineId: 0,
    startedMs: nowMs,
    completedMs: nowMs,
    outputs: 0,
    reason,
  };
}

/** The outcome of a task whose process is gone, which may have stopped it. */
export function lostOutcome(
  { assign: { id }, stop }: HeldTask,
  end: EngineEnd,
  clock: Pick<Clock, "now">,
): TaskOutcome {
  if (stop === undefined) {
    return { ...unrunOutcome(id, "engine_lost", end.reason, clock), end };
  }
  const reason = stopReason(stop, StopStep.KILLED);
  return unrunOutcome(id, stop.status, reason, clock);
}
