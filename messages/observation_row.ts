/**
 * Where what is in a row of a table of observations. Numbers are
 * little-endian.
 *
 * @module
 */

/** Bytes of one row. */
export const ROW_BYTES = 88;

/** Where each number of a row begins, and what it is. */
export const ROW = {
  /** `ROW_FLAGS`, 8 bits. */
  flags: 0,
  /** Place in `TASK_STATUSES`, 8 bits. */
  status: 1,
  /** Place in `KEPT_WORDS`, 8 bits. */
  requestKept: 2,
  /** Place in `KEPT_WORDS`, 8 bits. */
  resultKept: 3,
  /** UTF-16 units of the id, 16 bits. */
  idUnits: 4,
  /** Place among what is to run, 16 bits. */
  work: 6,
  /** Place among the clients, 16 bits. */
  client: 8,
  /** Kept parts of the request, 16 bits. */
  requestParts: 10,
  /** Kept parts of the result, 16 bits. */
  resultParts: 12,
  /** How often it was given to an engine, 32 bits. */
  attempts: 16,
  /** The engine that it was given to, 32 bits. */
  assignedEngine: 20,
  /** The engine that ran it, 32 bits. */
  engine: 24,
  /** The only engine that may run it, 32 bits. */
  target: 28,
  /** When it arrived, as a float of 64 bits like all that follow. */
  submittedMs: 32,
  /** When it was given to an engine. */
  assignedMs: 40,
  /** When its code began. */
  startedMs: 48,
  /** When its code ended. */
  completedMs: 56,
  /** When its outcome arrived. */
  receivedMs: 64,
  /** Bytes of its arguments. */
  requestBytes: 72,
  /** Bytes of its value or error. */
  resultBytes: 80,
} as const;

/** What a row has. */
export const ROW_FLAGS = {
  /** The task was submitted. */
  isSubmitted: 1,
  /** It was given to an engine. */
  isAssigned: 2,
  /** It ended. */
  hasEnded: 4,
  /** Any engine might run it. */
  isBalanced: 8,
  /** One engine may run it. */
  hasOneTarget: 16,
} as const;
