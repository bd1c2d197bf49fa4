/**
 * How a running task is stopped: gently first, then harder. Pure: the moves
 * and the words for them.
 *
 * @module
 */
import type { TaskOutcome } from "../messages/mod.ts";

/** Where the stop of one task is. */
export type StopPhase =
  /** The slot has been told: the task's signal is aborted. */
  | "aborting"
  /** The inspector unwinds the code that runs. */
  | "interrupting"
  /** The task ended by itself while the inspector was on its way. */
  | "late"
  /** The slot has been told to forget what was unwound. */
  | "dropping"
  /** The task ended before the slot was told to forget it. */
  | "sweeping"
  /** The process is being killed. */
  | "killing"
  /** The task has ended, by one of these or by itself. */
  | "over";

/** What happens while a task is being stopped. */
export type StopEvent =
  /** The time of the phase is over. */
  | "timer"
  /** The running code has been unwound. */
  | "interrupted"
  /** There is no inspector, or it does not answer. */
  | "unreachable"
  /** The task's outcome is here, or its process is gone. */
  | "ended";

type Moves = Readonly<Partial<Record<StopEvent, StopPhase>>>;

const MOVES: { readonly [P in StopPhase]: Moves } = {
  aborting: { timer: "interrupting", ended: "over" },
  interrupting: {
    timer: "killing",
    unreachable: "killing",
    interrupted: "dropping",
    ended: "late",
  },
  // What was unwound may be the next task: the slot has to look.
  late: { unreachable: "over", interrupted: "sweeping" },
  dropping: { timer: "killing", ended: "over" },
  sweeping: {},
  killing: { ended: "over" },
  over: {},
};

/** The phase after an event; the same where the event means nothing. */
export function nextStopPhase(phase: StopPhase, event: StopEvent): StopPhase {
  return MOVES[phase][event] ?? phase;
}

/** Which step ended a task, in words behind the reason. */
export const StopStep = {
  /** The task never ran. */
  SKIPPED: "it had not started",
  /** The task ended once its signal was aborted. */
  ABORTED: "it was told by its signal",
  /** The running code was unwound. */
  INTERRUPTED: "its code was interrupted, the namespace is kept",
  /** The process was killed. */
  KILLED: "its process was killed, the namespace is lost",
} as const;
/** Which step ended a task, in words behind the reason. */
export type StopStep = typeof StopStep[keyof typeof StopStep];

/** Why somebody stops a task. */
export interface TaskStop {
  /** The status that the task's outcome gets. */
  readonly status: "cancelled" | "timed_out";
  /** The reason in it. */
  readonly reason: string;
}

/** The outcome of a task, which has been stopped or not. */
export function stoppedOutcome(
  outcome: TaskOutcome,
  stop: TaskStop | undefined,
): TaskOutcome {
  // It may have ended by itself, just in time.
  if (stop === undefined || outcome.status !== "cancelled") return outcome;
  const reason = stopReason(stop, outcome.reason ?? "");
  return { ...outcome, status: stop.status, reason };
}

/** The reason in an outcome: why it was stopped, and which step ended it. */
export function stopReason(stop: TaskStop, step: string): string {
  return `${stop.reason} (${step})`;
}
