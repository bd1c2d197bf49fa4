/**
 * What a scheduler holds at most, and how long it waits.
 *
 * @module
 */

/** Limits of a scheduler. */
export interface SchedulerLimits {
  /** Most tasks that wait or run, of all clients together. */
  readonly tasksMax: number;
  /**
   * Most payload bytes of tasks that wait or run, with the values of other
   * tasks that they wait for and outcomes that are held to be sent together.
   */
  readonly payloadBytesMax: number;
  /** Most tasks assigned to one slot at once, and the default's upper end. */
  readonly tasksPerSlotMax: number;
  /** Most different sets of targets, labels and resources in use at once. */
  readonly placementsMax: number;
  /** Most tasks of one client whose end is remembered for dependencies. */
  readonly fatesPerClientMax: number;
  /** Most values of one client kept in case a later task takes them. */
  readonly valuesPerClientMax: number;
  /** Most bytes of such values, for each client. */
  readonly valueBytesPerClientMax: number;
  /**
   * How long tasks wait for an engine that could run them, where there are
   * engines but none that could.
   */
  readonly lateEngineMs: number;
  /**
   * How long an engine may say nothing before tasks that it has not started
   * are called back for an idle one.
   */
  readonly recallMs: number;
}

/** Limits unless told otherwise. */
export const SCHEDULER_LIMITS: SchedulerLimits = {
  tasksMax: 8 << 20,
  payloadBytesMax: 8 * 2 ** 30,
  tasksPerSlotMax: 128,
  placementsMax: 4096,
  // About 100 bytes each.
  fatesPerClientMax: 200_000,
  valuesPerClientMax: 1024,
  valueBytesPerClientMax: 64 << 20,
  // An engine that is started again, or one of a cluster that starts.
  lateEngineMs: 10_000,
  // Several times what prefetched tasks should take together.
  recallMs: 10,
};
