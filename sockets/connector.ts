/**
 * Keeps one connection to one of several candidates.
 *
 * @module
 */
import {
  type Clock,
  ConnectionError,
  type Random,
  toError,
} from "../base/mod.ts";
import { cancellableDelay } from "./delay.ts";
import { isRefusal } from "./link.ts";
import type { ByteStream, Network } from "./network.ts";
import { ReconnectPolicy } from "./reconnect_policy.ts";
import type { SocketLimits } from "./socket_options.ts";

/** How a connection went. */
export interface ConnectionStory {
  /** Why it ended. */
  readonly reason: Error;
  /** How long messages could be sent; absent when they never could. */
  readonly readyMs: number | undefined;
}

/** Options of {@linkcode Connector}. */
export interface ConnectorOptions {
  /** Endpoints to be tried in turn. */
  readonly endpoints: readonly string[];
  /** Where streams come from. */
  readonly network: Network;
  /** Time. */
  readonly clock: Clock;
  /** Jitter. */
  readonly random: Random;
  /** Limits of the socket. */
  readonly limits: SocketLimits;
  /** Takes a stream; settles when its connection is over. */
  readonly hold: (stream: ByteStream) => Promise<ConnectionStory>;
  /**
   * Hears that a connection ended or an attempt failed; `final` when no
   * further attempt is made.
   */
  readonly onFailed: (reason: Error, final: boolean) => void;
}

/**
 * Connects, and reconnects for as long as it is open, or until every
 * candidate failed and one of them refused our key.
 */
export class Connector {
  readonly #options: ConnectorOptions;
  readonly #policy: ReconnectPolicy;
  readonly #stop = new AbortController();

  /** Nothing happens before {@linkcode Connector.run}. */
  constructor(options: ConnectorOptions) {
    this.#options = options;
    const { reconnectDelayMinMs, reconnectDelayMaxMs } = options.limits;
    this.#policy = new ReconnectPolicy(
      reconnectDelayMinMs,
      reconnectDelayMaxMs,
      options.random,
    );
  }

  /** Connects until closed or refused. */
  async run(): Promise<void> {
    const { clock, onFailed } = this.#options;
    const signal = this.#stop.signal;
    while (!signal.aborted) {
      const refusal = await this.#round();
      if (signal.aborted) return;
      if (refusal !== undefined) {
        onFailed(refusal, true);
        return;
      }
      await cancellableDelay(clock, this.#policy.nextDelayMs(), signal);
    }
  }

  /** Makes no further attempt; a connection that is held stays. */
  close(): void {
    this.#stop.abort();
  }

  /** Tries each candidate; gives the refusal when all failed and one did. */
  async #round(): Promise<Error | undefined> {
    let refusal: Error | undefined;
    for (const endpoint of this.#options.endpoints) {
      if (this.#stop.signal.aborted) return undefined;
      const story = await this.#attempt(endpoint);
      if (this.#stop.signal.aborted) return undefined;
      if (story.readyMs === undefined && isRefusal(story.reason)) {
        refusal ??= story.reason;
        continue;
      }
      this.#options.onFailed(story.reason, false);
      if (story.readyMs === undefined) continue;
      this.#policy.connectionLasted(story.readyMs);
      return undefined;
    }
    return refusal;
  }

  async #attempt(endpoint: string): Promise<ConnectionStory> {
    let stream: ByteStream;
    try {
      stream = await this.#connect(endpoint);
    } catch (error) {
      return { reason: toError(error), readyMs: undefined };
    }
    if (!this.#stop.signal.aborted) return await this.#options.hold(stream);
    stream.close();
    return {
      reason: new ConnectionError(`Cannot connect to ${endpoint}: closing`),
      readyMs: undefined,
    };
  }

  async #connect(endpoint: string): Promise<ByteStream> {
    const { network, clock, limits } = this.#options;
    const attempt = new AbortController();
    const giveUp = (): void => attempt.abort();
    const timer = clock.setTimer(limits.connectTimeoutMs, giveUp);
    this.#stop.signal.addEventListener("abort", giveUp);
    try {
      return await network.connect(endpoint, attempt.signal);
    } finally {
      timer.cancel();
      this.#stop.signal.removeEventListener("abort", giveUp);
    }
  }
}
