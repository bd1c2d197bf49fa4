/**
 * Connecting to the first of several candidates that answers.
 *
 * @module
 */
import {
  type Clock,
  ConnectionError,
  type LimitTally,
  type Timer,
  toError,
} from "../base/mod.ts";
import type { ByteStream, Network } from "./network.ts";

/**
 * Head start of a candidate over the next one. An address that drops what it
 * is sent would hold up the others for as long as an attempt may take.
 */
export const CANDIDATE_STAGGER_MS = 250;

/** Options of {@linkcode connectToFirst}. */
export interface CandidateRaceOptions {
  /** Endpoints, best first; those that failed or won are taken out. */
  readonly endpoints: string[];
  /** Where streams come from. */
  readonly network: Network;
  /** Time. */
  readonly clock: Clock;
  /** How long one attempt may take. */
  readonly connectTimeoutMs: number;
  /** Counts limits that are reached. */
  readonly tally?: LimitTally | undefined;
  /** Gives all attempts up. */
  readonly signal: AbortSignal;
  /** Hears of each attempt that failed. */
  readonly onFailed: (reason: Error) => void;
}

/**
 * Tries candidates side by side, each with a head start over the next. The
 * attempts that are under way when one succeeds are given up, and their
 * endpoints stay for another time.
 *
 * @returns The stream; `undefined` when none is left, or it was given up.
 */
export async function connectToFirst(
  options: CandidateRaceOptions,
): Promise<ByteStream | undefined> {
  const { endpoints, signal } = options;
  if (signal.aborted) return undefined;
  const race = new CandidateRace(options, [...endpoints]);
  const giveUp = (): void => race.end(undefined);
  signal.addEventListener("abort", giveUp);
  try {
    race.startNext();
    return await race.winner;
  } finally {
    signal.removeEventListener("abort", giveUp);
  }
}

class CandidateRace {
  readonly winner: Promise<ByteStream | undefined>;
  readonly #options: CandidateRaceOptions;
  readonly #waiting: string[];
  readonly #resolve: (stream: ByteStream | undefined) => void;
  readonly #over = new AbortController();
  #running = 0;
  #first: ByteStream | undefined;
  #head: Timer | undefined;

  constructor(options: CandidateRaceOptions, endpoints: string[]) {
    this.#options = options;
    this.#waiting = endpoints;
    const { promise, resolve } = Promise.withResolvers<
      ByteStream | undefined
    >();
    this.winner = promise;
    this.#resolve = resolve;
  }

  /** Starts the next attempt, and sets the time of the one after it. */
  startNext(): void {
    this.#head?.cancel();
    if (this.#over.signal.aborted) return;
    const endpoint = this.#waiting.shift();
    if (endpoint === undefined) {
      if (this.#running === 0) this.end(undefined);
      return;
    }
    void this.#attempt(endpoint);
    if (this.#waiting.length === 0) return;
    const { clock } = this.#options;
    this.#head = clock.setTimer(CANDIDATE_STAGGER_MS, () => this.startNext());
  }

  /**
   * Ends the race. It is over when every attempt has ended: one that was
   * given up may have a connection already, which is closed first.
   */
  end(stream: ByteStream | undefined): void {
    this.#head?.cancel();
    // Whoever gave up closes the stream that had won before.
    if (this.#over.signal.aborted) return;
    this.#first = stream;
    this.#over.abort();
    this.#settleIfOver();
  }

  #settleIfOver(): void {
    if (!this.#over.signal.aborted || this.#running > 0) return;
    this.#resolve(this.#first);
  }

  async #attempt(endpoint: string): Promise<void> {
    this.#running++;
    try {
      const stream = await this.#connect(endpoint);
      this.#running--;
      if (this.#over.signal.aborted) {
        stream.close();
        return this.#settleIfOver();
      }
      this.#takeOut(endpoint);
      this.end(stream);
    } catch (error) {
      this.#running--;
      if (this.#over.signal.aborted) return this.#settleIfOver();
      this.#takeOut(endpoint);
      this.#options.onFailed(toError(error));
      this.startNext();
    }
  }

  async #connect(endpoint: string): Promise<ByteStream> {
    const { network, clock, connectTimeoutMs } = this.#options;
    const attempt = new AbortController();
    const giveUp = (): void => attempt.abort();
    let isLate = false;
    const timer = clock.setTimer(connectTimeoutMs, () => {
      isLate = true;
      giveUp();
    });
    this.#over.signal.addEventListener("abort", giveUp);
    try {
      return await network.connect(endpoint, attempt.signal);
    } catch (error) {
      if (!isLate) throw error;
      this.#options.tally?.reached("connectTimeoutMs");
      throw new ConnectionError(
        `Cannot connect to ${endpoint}: no answer within ${connectTimeoutMs} ms, is there a firewall?`,
        { cause: error },
      );
    } finally {
      timer.cancel();
      this.#over.signal.removeEventListener("abort", giveUp);
    }
  }

  #takeOut(endpoint: string): void {
    const { endpoints } = this.#options;
    endpoints.splice(endpoints.indexOf(endpoint), 1);
  }
}
