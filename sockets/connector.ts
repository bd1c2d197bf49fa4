/**
 * Keeps one connection to one of several candidates.
 *
 * @module
 */
import {
  AuthenticationError,
  type Clock,
  type LimitTally,
  type Random,
} from "../base/mod.ts";
import { connectToFirst } from "./candidate_race.ts";
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
  /** Endpoints to be tried side by side, best first. */
  readonly endpoints: readonly string[];
  /** Where streams come from. */
  readonly network: Network;
  /** Time. */
  readonly clock: Clock;
  /** Jitter. */
  readonly random: Random;
  /** Limits of the socket. */
  readonly limits: SocketLimits;
  /** Pause after a refusal, if that is not the end. */
  readonly refusedRetryMs?: number | undefined;
  /** Counts limits that are reached. */
  readonly tally?: LimitTally | undefined;
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
 * candidate failed and one of them refused our key, unless such are asked
 * again.
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
    const { clock, onFailed, refusedRetryMs } = this.#options;
    const signal = this.#stop.signal;
    while (!signal.aborted) {
      const refusal = await this.#round();
      if (signal.aborted) return;
      let delayMs = this.#policy.nextDelayMs();
      if (refusal !== undefined) {
        onFailed(refusal, refusedRetryMs === undefined);
        if (refusedRetryMs === undefined) return;
        delayMs = refusedRetryMs;
      }
      await cancellableDelay(clock, delayMs, signal);
    }
  }

  /** Makes no further attempt; a connection that is held stays. */
  close(): void {
    this.#stop.abort();
  }

  /** The candidates that can be there; all, when none can. */
  #seen(): readonly string[] {
    const { endpoints, network } = this.#options;
    const seen = endpoints.filter((one) => network.sees?.(one) ?? true);
    return seen.length > 0 ? seen : endpoints;
  }

  /** Tries each candidate; gives the refusal when all failed and one did. */
  async #round(): Promise<Error | undefined> {
    const { network, clock, limits, hold, onFailed, tally } = this.#options;
    const { signal } = this.#stop;
    const endpoints = [...this.#seen()];
    let refusal: Error | undefined;
    for (;;) {
      const stream = await connectToFirst({
        endpoints,
        network,
        clock,
        connectTimeoutMs: limits.connectTimeoutMs,
        tally,
        signal,
        onFailed: (reason) => onFailed(reason, false),
      });
      if (stream === undefined) return signal.aborted ? undefined : refusal;
      if (signal.aborted) {
        stream.close();
        return undefined;
      }
      const story = await hold(stream);
      if (signal.aborted) return undefined;
      if (story.readyMs === undefined && isRefusal(story.reason)) {
        refusal ??= namedRefusal(story.reason, stream.address);
        continue;
      }
      onFailed(story.reason, false);
      if (story.readyMs === undefined) continue;
      this.#policy.connectionLasted(story.readyMs);
      return undefined;
    }
  }
}

/** A refusal, with the address that it came from. */
function namedRefusal(reason: Error, address: string): Error {
  const message = reason.message.replace(
    /^Cannot connect: /,
    `Cannot connect to ${address}: `,
  );
  return new AuthenticationError(message, { cause: reason });
}
