/**
 * Options that ROUTER and DEALER share, and their resolution.
 *
 * @module
 */
import {
  type Clock,
  type LimitTally,
  type Logger,
  type Random,
  silentLogger,
  systemClock,
  systemRandom,
} from "../base/mod.ts";
import type { CurveCrypto, KeyPair } from "../security/mod.ts";
import {
  DEFAULT_ZMTP_LIMITS,
  resolveZmtpLimits,
  ROUTING_ID_BYTES_MAX,
  type ZmtpLimits,
} from "../zmtp/mod.ts";
import type { Network } from "./network.ts";
import type { Refusal } from "./peer.ts";
import { systemNetwork } from "./system_network.ts";

/** No security: for Unix sockets in a private folder and for in-process. */
export interface NullSecurity {
  /** Which security this is. */
  readonly kind: "null";
  /** Lets `tcp://` go without security; for conformance tests only. */
  readonly allowNullOverTcp?: boolean;
}

/** CURVE, in the role that decides whose keys are let in. */
export interface CurveServerSecurity {
  /** Which security this is. */
  readonly kind: "curve-server";
  /** The cryptography, loaded by `loadCurveCrypto`. */
  readonly crypto: CurveCrypto;
  /** Our long-term keys. */
  readonly keyPair: KeyPair;
  /** Says the role of a proven public key, or `undefined` to refuse it. */
  readonly authorize: (publicKey: Uint8Array) => string | undefined;
  /** Lets traffic over `ipc://` go without boxes, where both sides do. */
  readonly unsealedIpc?: boolean;
}

/** CURVE, in the role that knows the server's key. */
export interface CurveClientSecurity {
  /** Which security this is. */
  readonly kind: "curve-client";
  /** The cryptography, loaded by `loadCurveCrypto`. */
  readonly crypto: CurveCrypto;
  /** Our long-term keys. */
  readonly keyPair: KeyPair;
  /** The server's long-term public key. */
  readonly serverKey: Uint8Array;
  /** Lets traffic over `ipc://` go without boxes, where both sides do. */
  readonly unsealedIpc?: boolean;
}

/** How a socket proves itself and its peers. */
export type SocketSecurity =
  | NullSecurity
  | CurveServerSecurity
  | CurveClientSecurity;

/** When to ask a silent peer whether it is still there. */
export interface HeartbeatOptions {
  /** A PING is sent after this much silence from the peer. @default 10_000 */
  readonly intervalMs: number;
  /** The peer is dropped after this long without a byte. @default 30_000 */
  readonly timeoutMs: number;
}

/** Limits of a socket; those of the ZMTP language are among them. */
export interface SocketLimits extends ZmtpLimits {
  /** Time for a connection to finish its handshake. @default 10_000 */
  readonly handshakeTimeoutMs: number;
  /** Unfinished handshakes of incoming connections at once. @default 4096 */
  readonly handshakesMax: number;
  /** Unfinished handshakes from one address at once. @default 1024 */
  readonly handshakesPerAddressMax: number;
  /** Connected peers. @default 65_536 */
  readonly peersMax: number;
  /** Messages that may wait for one peer. @default 65_536 */
  readonly sendQueueMessagesMax: number;
  /** Bytes that may wait for one peer. @default 64 MiB */
  readonly sendQueueBytesMax: number;
  /** Time for a peer to take something while data waits. @default 30_000 */
  readonly stalledPeerTimeoutMs: number;
  /** Time for one attempt to connect a stream. @default 10_000 */
  readonly connectTimeoutMs: number;
  /** First pause between attempts to connect. @default 50 */
  readonly reconnectDelayMinMs: number;
  /** Longest pause between attempts to connect. @default 5_000 */
  readonly reconnectDelayMaxMs: number;
}

/** Options that ROUTER and DEALER share. */
export interface SocketOptions {
  /** How the socket proves itself and its peers. */
  readonly security: SocketSecurity;
  /** Where streams come from. @default systemNetwork */
  readonly network?: Network;
  /** Time. @default systemClock */
  readonly clock?: Clock;
  /** Jitter of the reconnection. @default systemRandom */
  readonly random?: Random;
  /** Limits other than the defaults. */
  readonly limits?: Partial<SocketLimits>;
  /** Heartbeat other than the default. */
  readonly heartbeat?: HeartbeatOptions;
  /** Where to say what happened. @default silentLogger */
  readonly log?: Logger;
  /**
   * Our routing id, its bytes as Latin-1 characters: at most 255, the first
   * not zero. Absent, the peer makes one up for each connection.
   */
  readonly routingId?: string;
  /**
   * Pause before those who refused our key are asked again, for peers that
   * hear of a key later than we do. @default they are not asked again
   */
  readonly refusedRetryMs?: number | undefined;
  /** Hears of connections that were not let in. */
  readonly onRefused?: (refusal: Refusal) => void;
  /** Counts limits that are reached. */
  readonly tally?: LimitTally | undefined;
}

/** How to close. */
export interface CloseOptions {
  /** Time for what is queued to be written. @default 1_000 */
  readonly lingerMs?: number;
}

/** The limits used where none are given, with their reasons. */
export const DEFAULT_SOCKET_LIMITS: SocketLimits = {
  ...DEFAULT_ZMTP_LIMITS,
  // Long enough for a busy machine, short enough to starve a slow-loris.
  handshakeTimeoutMs: 10_000,
  // One holds about 10 KiB: 40 MiB together at worst.
  handshakesMax: 4096,
  // A whole cluster may come from one host, but it may not fill the door.
  handshakesPerAddressMax: 1024,
  // What the usual limits on descriptors allow at best.
  peersMax: 65_536,
  // Small messages cost about 200 bytes each in the queue.
  sendQueueMessagesMax: 65_536,
  // Some large arrays; a single larger one is taken by an empty queue.
  sendQueueBytesMax: 64 * 1024 ** 2,
  // A peer in a long garbage collection recovers, a stopped one does not.
  stalledPeerTimeoutMs: 30_000,
  // Hosts that drop packets would take minutes.
  connectTimeoutMs: 10_000,
  // A restarted peer is back in moments …
  reconnectDelayMinMs: 50,
  // … and one that stays away is asked seldom enough not to matter.
  reconnectDelayMaxMs: 5_000,
};

/** The heartbeat used where none is given: three chances to answer. */
export const DEFAULT_HEARTBEAT: HeartbeatOptions = {
  intervalMs: 10_000,
  timeoutMs: 30_000,
};

/**
 * The heartbeat between a hub or scheduler and its engines, which may be ten
 * thousand: their messages say often enough that they are well.
 */
export const FLEET_HEARTBEAT: HeartbeatOptions = {
  intervalMs: 30_000,
  timeoutMs: 90_000,
};

/** Options with everything filled in. */
export interface ResolvedSocketOptions {
  /** How the socket proves itself and its peers. */
  readonly security: SocketSecurity;
  /** Where streams come from. */
  readonly network: Network;
  /** Time. */
  readonly clock: Clock;
  /** Jitter of the reconnection. */
  readonly random: Random;
  /** Limits. */
  readonly limits: SocketLimits;
  /** Heartbeat. */
  readonly heartbeat: HeartbeatOptions;
  /** Where to say what happened. */
  readonly log: Logger;
  /** Our routing id; empty for none. */
  readonly routingId: Uint8Array;
  /** Pause before those who refused our key are asked again, if they are. */
  readonly refusedRetryMs: number | undefined;
  /** Hears of connections that were not let in. */
  readonly onRefused: ((refusal: Refusal) => void) | undefined;
  /** Counts limits that are reached. */
  readonly tally: LimitTally | undefined;
}

/** Completes options with the defaults and checks them. */
export function resolveSocketOptions(
  options: SocketOptions,
): ResolvedSocketOptions {
  return {
    security: options.security,
    network: options.network ?? systemNetwork,
    clock: options.clock ?? systemClock,
    random: options.random ?? systemRandom,
    limits: resolveLimits(options.limits ?? {}),
    heartbeat: resolveHeartbeat(options.heartbeat ?? DEFAULT_HEARTBEAT),
    log: options.log ?? silentLogger,
    routingId: routingIdBytes(options.routingId ?? ""),
    refusedRetryMs: options.refusedRetryMs,
    onRefused: options.onRefused,
    tally: options.tally,
  };
}

function resolveLimits(limits: Partial<SocketLimits>): SocketLimits {
  const resolved: SocketLimits = { ...DEFAULT_SOCKET_LIMITS, ...limits };
  for (const [name, value] of Object.entries(resolved)) {
    if (!(value > 0)) {
      throw new RangeError(
        `Cannot use limit ${name} ${value}: it is not a positive number`,
      );
    }
  }
  if (resolved.reconnectDelayMinMs > resolved.reconnectDelayMaxMs) {
    throw new RangeError(
      "Cannot use limit reconnectDelayMinMs: it is larger than " +
        "reconnectDelayMaxMs",
    );
  }
  resolveZmtpLimits(resolved);
  return resolved;
}

function resolveHeartbeat(heartbeat: HeartbeatOptions): HeartbeatOptions {
  const { intervalMs, timeoutMs } = heartbeat;
  if (intervalMs > 0 && timeoutMs > intervalMs) return heartbeat;
  throw new RangeError(
    `Cannot use heartbeat of ${intervalMs} ms with timeout ${timeoutMs} ms: ` +
      "the interval must be positive and shorter than the timeout",
  );
}

function routingIdBytes(routingId: string): Uint8Array {
  const bytes = Uint8Array.from(routingId, (char) => char.charCodeAt(0));
  const latin1 = [...routingId].every((char) => char.charCodeAt(0) <= 0xff);
  if (!latin1 || bytes[0] === 0 || bytes.byteLength > ROUTING_ID_BYTES_MAX) {
    throw new RangeError(
      `Cannot use routing id ${JSON.stringify(routingId)}: it must have at ` +
        `most ${ROUTING_ID_BYTES_MAX} bytes as Latin-1 characters, the first ` +
        "not zero",
    );
  }
  return bytes;
}
