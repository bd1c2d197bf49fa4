/**
 * How a client connects, and why it did not succeed.
 *
 * @module
 */
import { type Clock, ConnectionError, type Logger } from "../base/mod.ts";
import { type CurveCrypto, decodeZ85 } from "../security/mod.ts";
import type { Network, SocketOptions } from "../sockets/mod.ts";

/** Options of `connect`. */
export interface ConnectOptions {
  /** How long to wait for the hub and a scheduler. @default 10_000 */
  readonly timeoutMs?: number;
  /**
   * How long hub or scheduler may be away before results that are outstanding
   * fail with a `ConnectionError`. @default 60_000
   */
  readonly reconnectTimeoutMs?: number;
  /** Stops waiting. */
  readonly signal?: AbortSignal;
  /** Time. @default systemClock */
  readonly clock?: Clock;
  /** Where streams come from. */
  readonly network?: Network;
  /** Where to say what happened. */
  readonly log?: Logger;
}

/** The keys of a conversation, in Z85. */
export interface ConversationKeys {
  /** Our public key. */
  readonly publicKey: string;
  /** Our secret key. */
  readonly secretKey: string;
  /** The server's public key. */
  readonly serverKey: string;
}

/** The socket of one of a client's conversations. */
export function clientSocket(
  keys: ConversationKeys,
  crypto: CurveCrypto,
  routingId: string,
  { clock, network }: ConnectOptions,
): SocketOptions {
  return {
    security: {
      kind: "curve-client",
      unsealedIpc: true,
      crypto,
      keyPair: {
        publicKey: decodeZ85(keys.publicKey),
        secretKey: decodeZ85(keys.secretKey),
      },
      serverKey: decodeZ85(keys.serverKey),
    },
    routingId,
    ...(clock === undefined ? {} : { clock }),
    ...(network === undefined ? {} : { network }),
  };
}

/**
 * What was missing when the time was up.
 *
 * @param troubles Why the hub cannot be reached, if it cannot.
 */
export function connectProblem(
  endpoints: readonly string[],
  troubles: string | undefined,
  hasScheduler: boolean,
): Error {
  const where = endpoints.join(", ");
  const problem = troubles !== undefined
    ? `reach the hub at ${where}: is the controller running? (${troubles})`
    : hasScheduler
    ? "reach the scheduler that the hub names"
    : `find a scheduler: the hub at ${where} has none yet`;
  return new ConnectionError(`Cannot ${problem}`);
}
