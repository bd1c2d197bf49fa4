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
  /** How long the tasks of a client that is away are kept for it. */
  readonly clientGraceMs: number;
  /** Most outcomes that wait for one client to take them. */
  readonly keptPerClientMax: number;
  /**
   * Most payload bytes of such outcomes, for each client. Beyond them the
   * oldest values are let go.
   */
  readonly keptBytesPerClientMax: number;
  /**
   * Payload bytes of such outcomes, beside the oldest, from which on no more
   * of the client's tasks are given to engines until it has taken half.
   */
  readonly untakenBytesPerClientMax: number;
  /** How long a new scheduler waits for engines to say what they hold. */
  readonly settleMs: number;
  /** The same, where the hub is new as well and may not know them all yet. */
  readonly hubSettleMs: number;
  /** How long a request waits for news of an engine that it names. */
  readonly engineNewsMs: number;
  /** Requests that wait for that, all clients together. */
  readonly unheardRequestsMax: number;
  /** How long engines may take to come back to a hub that is new. */
  readonly engineReturnMs: number;
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
  // A suspended laptop, a program in a debugger.
  clientGraceMs: 60_000,
  // About 300 bytes each.
  keptPerClientMax: 1 << 20,
  keptBytesPerClientMax: 2 ** 30,
  // Several times what travels between two acknowledgements.
  untakenBytesPerClientMax: 64 << 20,
  // Engines are back within a second where nothing else is wrong.
  settleMs: 2_000,
  // The longest pause between their attempts, and some more.
  hubSettleMs: 6_000,
  // The hub tells its clients and us in the same turn.
  engineNewsMs: 2_000,
  unheardRequestsMax: 65_536,
  engineReturnMs: 15_000,
  // An engine that is started again, or one of a cluster that starts.
  lateEngineMs: 10_000,
  // Several times what prefetched tasks should take together.
  recallMs: 10,
};
