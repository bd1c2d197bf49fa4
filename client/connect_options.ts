/**
 * How a client connects, and why it did not succeed.
 *
 * @module
 */
import { type Clock, ConnectionError, type Logger } from "../base/mod.ts";
import { type CurveCrypto, decodeZ85 } from "../security/mod.ts";
import type { Network, SocketOptions } from "../sockets/mod.ts";
import type { ConnectTroubles } from "./connect_troubles.ts";

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

/** Why a client's connections do not stand. */
export interface MissingConnections {
  /** Why the hub cannot be reached; absent when it can. */
  readonly hub: ConnectTroubles | undefined;
  /** Why the scheduler cannot be reached; absent when none is known. */
  readonly scheduler: ConnectTroubles | undefined;
}

/** What was missing when the time was up. */
export function connectProblem(
  endpoints: readonly string[],
  { hub, scheduler }: MissingConnections,
): Error {
  const where = endpoints.join(", ");
  const problem = hub !== undefined
    ? `reach the hub at ${where}: is the controller running? (${hub})`
    : scheduler !== undefined
    ? `reach the scheduler that the hub names (${scheduler})`
    : `find a scheduler: the hub at ${where} has none yet`;
  return new ConnectionError(`Cannot ${problem}`);
}
