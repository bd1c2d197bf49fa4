/**
 * How long a hub waits for whom.
 *
 * @module
 */

/** Times of a hub, in milliseconds. */
export interface HubTimes {
  /** How often engines and schedulers say that they are well. */
  readonly heartbeatIntervalMs: number;
  /** Silence after which one of them counts as lost. */
  readonly heartbeatTimeoutMs: number;
  /** How long an engine whose connection broke may take to come back. */
  readonly engineGraceMs: number;
  /** How long a client whose connection broke may take to come back. */
  readonly clientGraceMs: number;
  /** How long an engine that hears no hub goes on. */
  readonly leaseMs: number;
  /** How long a shutdown waits for engines to leave. */
  readonly shutdownTimeoutMs: number;
  /** How long engines may take to answer a question. */
  readonly answerTimeoutMs: number;
  /**
   * How long a hub that was started again gives no numbers to new engines, so
   * that those which have one find it free.
   */
  readonly newcomerWaitMaxMs: number;
}

/** Times unless told otherwise. */
export const HUB_TIMES: HubTimes = {
  heartbeatIntervalMs: 3_000,
  heartbeatTimeoutMs: 12_000,
  engineGraceMs: 1_000,
  clientGraceMs: 60_000,
  leaseMs: 60_000,
  shutdownTimeoutMs: 5_000,
  answerTimeoutMs: 4_000,
  // The longest pause between their attempts, and some more.
  newcomerWaitMaxMs: 6_000,
};
