/**
 * How much waits to be told to the hub about tasks.
 *
 * @module
 */

/** Limits of a {@linkcode TaskReporter}. */
export interface ReporterLimits {
  /** How long the end of a task waits, in milliseconds. */
  readonly gatherMs: number;
  /**
   * How many times as long a task may wait that has not ended, unless
   * somebody asks.
   */
  readonly openGathers: number;
  /**
   * Most tasks that have not ended of which is told each time, unless
   * somebody asks: each is told again when it ends, and read by the hub both
   * times, which costs about ten times as much as a task that is told once.
   */
  readonly openRowsMax: number;
  /** Most tasks of which something waits to be sent. */
  readonly observedTasksMax: number;
  /** Most bytes of requests and results that wait or are on their way. */
  readonly bytesMax: number;
  /** Bytes after which a batch is closed. */
  readonly batchBytesMax: number;
  /** Most parts of one request or result that is kept. */
  readonly partsMax: number;
  /** Parts after which a batch is closed. */
  readonly batchPartsMax: number;
  /** Most batches that the hub has not acknowledged. */
  readonly batchesMax: number;
  /** Largest request that is kept, to be submitted again. */
  readonly requestBytesMax: number;
  /** Largest value or error that is kept. */
  readonly resultBytesMax: number;
  /** Largest value or error of a detached task that is kept. */
  readonly detachedBytesMax: number;
}

/** Limits unless told otherwise. */
export const REPORTER_LIMITS: ReporterLimits = {
  gatherMs: 250,
  openGathers: 8,
  openRowsMax: 40,
  observedTasksMax: 100_000,
  bytesMax: 256 << 20,
  batchBytesMax: 1 << 20,
  partsMax: 4_096,
  batchPartsMax: 16_384,
  batchesMax: 16,
  requestBytesMax: 16 << 10,
  resultBytesMax: 16 << 10,
  detachedBytesMax: 64 << 20,
};
