/**
 * What an engine holds at most, and how long it waits, in numbers.
 *
 * @module
 */

/** Limits of one engine. */
export interface EngineLimits {
  /** Most slots. */
  readonly slotsMax: number;
  /** Most tasks held: queued, waiting for their source, or at a slot. */
  readonly tasksMax: number;
  /** Function sources remembered, in bytes; the newest always stays. */
  readonly sourceBytesMax: number;
  /** Finished tasks whose outcomes have not been taken. */
  readonly finishedTasksMax: number;
  /** Payload bytes of outcomes kept to be sent again. */
  readonly finishedBytesMax: number;
  /** Work to keep at a slot, in milliseconds. */
  readonly prefetchCoverMs: number;
  /** Most tasks at a slot. */
  readonly prefetchTasksMax: number;
  /** Output that may wait for the hub, in UTF-16 units. */
  readonly outputLengthMax: number;
  /** How long an outcome waits for the task's output to arrive. */
  readonly markTimeoutMs: number;
  /** How long a slot process may take to say that it is ready. */
  readonly slotStartTimeoutMs: number;
  /** Starts of one slot that may fail in a row before the engine ends. */
  readonly slotStartsMax: number;
  /** First pause before a slot that keeps ending is started again. */
  readonly respawnDelayMinMs: number;
  /** Longest pause before a slot that keeps ending is started again. */
  readonly respawnDelayMaxMs: number;
  /** Most starts of a slot within `respawnWindowMs`; more have to wait. */
  readonly respawnsMax: number;
  /** The window of `respawnsMax`. */
  readonly respawnWindowMs: number;
  /** How long the start-up script of a slot may take. */
  readonly startupTimeoutMs: number;
  /** Largest start-up script. */
  readonly startupBytesMax: number;
  /** How long the pipes and the socket of an ended slot are read. */
  readonly slotDrainTimeoutMs: number;
  /** How long idle slots have to leave when the engine stops. */
  readonly slotStopTimeoutMs: number;
  /** Pause before a scheduler that refused our key is asked again. */
  readonly schedulerRetryMs: number;
  /** How long one scheduler is tried before the next, where there are more. */
  readonly schedulerPatienceMs: number;
  /** How long last words to hub and scheduler may take. */
  readonly farewellTimeoutMs: number;
  /** How long a task may take to end once its signal is aborted. */
  readonly abortGraceMs: number;
  /** How long the inspector of a slot may take to interrupt it. */
  readonly interruptTimeoutMs: number;
  /** How long an interrupted slot may take to be well again. */
  readonly dropTimeoutMs: number;
  /** How long to look for code that runs in a slot. */
  readonly stackTimeoutMs: number;
  /** How much of a slot's latest standard error is kept, in UTF-16 units. */
  readonly stderrTailLengthMax: number;
}

/** The limits used where none are given, with their reasons. */
export const DEFAULT_ENGINE_LIMITS: EngineLimits = {
  // Each slot is a process of about 20 MiB.
  slotsMax: 1024,
  // Their ids must fit into one `engine_ready` (16 MiB).
  tasksMax: 65_536,
  // Sources are a few hundred bytes; large tables in them are possible.
  sourceBytesMax: 64 << 20,
  // What clients take in a moment, and what they may leave while away.
  finishedTasksMax: 1 << 16,
  finishedBytesMax: 64 << 20,
  // A hop between supervisor and slot takes about 20 µs each way.
  prefetchCoverMs: 1,
  prefetchTasksMax: 32,
  // Seconds of a busy printing loop.
  outputLengthMax: 8 << 20,
  // The mark is in the pipe before the outcome is on the socket.
  markTimeoutMs: 200,
  // A slot takes 50 ms; a crowded or cold machine takes much longer.
  slotStartTimeoutMs: 30_000,
  slotStartsMax: 5,
  respawnDelayMinMs: 50,
  respawnDelayMaxMs: 5_000,
  // A start costs 50 ms of a core: this is at most half of one.
  respawnsMax: 100,
  respawnWindowMs: 10_000,
  // It may load packages and data.
  startupTimeoutMs: 120_000,
  startupBytesMax: 1 << 20,
  // A process that user code started may hold the pipes open.
  slotDrainTimeoutMs: 200,
  slotStopTimeoutMs: 500,
  // The hub tells schedulers of keys; it may be a moment later than we.
  schedulerRetryMs: 1_000,
  // Longer than a scheduler that was killed takes to be back.
  schedulerPatienceMs: 10_000,
  farewellTimeoutMs: 500,
  // Whoever waits hears a signal within a millisecond.
  abortGraceMs: 250,
  // It takes 3 ms, unless one native call lasts.
  interruptTimeoutMs: 500,
  dropTimeoutMs: 1_000,
  // V8 pauses busy code within 200 ms.
  stackTimeoutMs: 500,
  stderrTailLengthMax: 2048,
};

/** Completes limits with the defaults and checks each of them. */
export function resolveEngineLimits(
  limits: Partial<EngineLimits> = {},
): EngineLimits {
  const resolved: EngineLimits = { ...DEFAULT_ENGINE_LIMITS, ...limits };
  for (const [name, value] of Object.entries(resolved)) {
    if (!Number.isFinite(value) || value <= 0) {
      throw new RangeError(
        `Cannot use limit ${name} ${value}: it is not a positive number`,
      );
    }
  }
  if (resolved.respawnDelayMinMs > resolved.respawnDelayMaxMs) {
    throw new RangeError(
      "Cannot use limit respawnDelayMinMs: it is larger than respawnDelayMaxMs",
    );
  }
  return resolved;
}
