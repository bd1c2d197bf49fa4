/**
 * What the scheduler's mind is given, and what it asks for.
 *
 * @module
 */
import type {
  Clock,
  LimitTally,
  Random,
  SchedulingScheme,
} from "../base/mod.ts";
import type { SchedulerActions } from "./scheduler_actions.ts";
import type { SchedulerLimits } from "./scheduler_limits.ts";
import type { TaskObserver } from "./task_observer.ts";

/** Options of {@linkcode SchedulerState}. */
export interface SchedulerStateOptions {
  /** Performs what is decided. */
  readonly actions: SchedulerActions;
  /** For waits; the state reads no time otherwise. */
  readonly clock: Clock;
  /** For the schemes that choose by chance. */
  readonly random: Random;
  /** How engines are chosen. @default "leastload" */
  readonly scheme?: SchedulingScheme | undefined;
  /**
   * High-water mark: tasks assigned to one slot at once. 0 means no bound;
   * `undefined` adapts to how long tasks take.
   */
  readonly hwm?: number | undefined;
  /** Limits other than {@linkcode SCHEDULER_LIMITS}. */
  readonly limits?: Partial<SchedulerLimits> | undefined;
  /** Hears what becomes of tasks. */
  readonly observer?: TaskObserver | undefined;
  /** Makes a word that names the session of a client. @default randomWord */
  readonly newSession?: (() => string) | undefined;
  /** Counts limits that are reached. */
  readonly tally?: LimitTally | undefined;
}
