/**
 * Sockets under observation; no tests of its own.
 *
 * @module
 */
import { ok } from "node:assert/strict";
import {
  NullMechanism,
  socketMetadata,
  type SocketType,
  ZmtpConnection,
} from "../zmtp/mod.ts";
import { DealerSocket, type DealerSocketOptions } from "./dealer_socket.ts";
import type { Network } from "./network.ts";
import type { Peer, Refusal } from "./peer.ts";
import { RouterSocket, type RouterSocketOptions } from "./router_socket.ts";

const PATIENCE_MS = 5_000;

/** NULL security for anything but TCP. */
export const NULL = { kind: "null" } as const;
/** NULL security for TCP. */
export const NULL_OVER_TCP = { kind: "null", allowNullOverTcp: true } as const;

/** A ROUTER and what it heard. */
export interface WatchedRouter extends AsyncDisposable {
  readonly socket: RouterSocket;
  readonly messages: [Peer, Uint8Array[]][];
  readonly joined: Peer[];
  readonly left: [Peer, Error | undefined][];
  readonly refusals: Refusal[];
  readonly drained: Peer[];
}

/** Makes a ROUTER that is watched. */
export function watchRouter(
  options: Partial<RouterSocketOptions> = {},
): WatchedRouter {
  const messages: [Peer, Uint8Array[]][] = [];
  const joined: Peer[] = [];
  const left: [Peer, Error | undefined][] = [];
  const refusals: Refusal[] = [];
  const drained: Peer[] = [];
  const socket = new RouterSocket({
    security: NULL,
    onMessage: (peer, parts) => void messages.push([peer, parts]),
    onPeerJoined: (peer) => void joined.push(peer),
    onPeerLeft: (peer, reason) => void left.push([peer, reason]),
    onRefused: (refusal) => void refusals.push(refusal),
    onDrained: (peer) => void drained.push(peer),
    ...options,
  });
  return {
    socket,
    messages,
    joined,
    left,
    refusals,
    drained,
    [Symbol.asyncDispose]: () => socket.close({ lingerMs: 0 }),
  };
}

/** A DEALER and what it heard. */
export interface WatchedDealer extends AsyncDisposable {
  readonly socket: DealerSocket;
  readonly messages: Uint8Array[][];
  readonly connected: Peer[];
  readonly disconnected: [Error, boolean][];
  drained: number;
}

/** Makes a DEALER that is watched. */
export function watchDealer(
  options: Partial<DealerSocketOptions> = {},
): WatchedDealer {
  const messages: Uint8Array[][] = [];
  const connected: Peer[] = [];
  const disconnected: [Error, boolean][] = [];
  const socket = new DealerSocket({
    security: NULL,
    onMessage: (parts) => void messages.push(parts),
    onConnected: (peer) => void connected.push(peer),
    onDisconnected: (reason, final) => void disconnected.push([reason, final]),
    onDrained: () => void watched.drained++,
    ...options,
  });
  const watched: WatchedDealer = {
    socket,
    messages,
    connected,
    disconnected,
    drained: 0,
    [Symbol.asyncDispose]: () => socket.close({ lingerMs: 0 }),
  };
  return watched;
}

/** Waits for a condition, not for ever. */
export async function until(
  condition: () => boolean,
  what: string,
): Promise<void> {
  const deadline = performance.now() + PATIENCE_MS;
  while (!condition()) {
    ok(performance.now() < deadline, `waited in vain for ${what}`);
    await sleep(1);
  }
}

/** Waits. */
export function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** Lets everything that is due happen. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 4; turn++) await sleep(0);
}

/** A message of text parts. */
export function text(...parts: string[]): Uint8Array[] {
  return parts.map((part) => new TextEncoder().encode(part));
}

/** The text of a message's parts. */
export function textOf(parts: readonly Uint8Array[] | undefined): string {
  return (parts ?? []).map((part) => new TextDecoder().decode(part)).join("|");
}

/** The bytes with which a NULL peer opens: its greeting and READY. */
export function opening(
  routingId = "",
  type: SocketType = "DEALER",
): Uint8Array {
  const id = Uint8Array.from(routingId, (char) => char.charCodeAt(0));
  const connection = new ZmtpConnection({
    socketType: type,
    mechanism: new NullMechanism({
      metadata: socketMetadata(type, id),
      waits: false,
    }),
    handler: { ready() {}, message() {} },
  });
  return new Uint8Array(Buffer.concat(connection.output() ?? []));
}

/** A stranger with a bare stream. */
export async function stranger(
  network: Network,
  endpoint: string,
  bytes: Uint8Array,
): Promise<Stranger> {
  const stream = await network.connect(endpoint, new AbortController().signal);
  if (bytes.byteLength > 0) await stream.write(bytes);
  return {
    write: async (more) => void await stream.write(more),
    close: () => stream.close(),
    async readToEnd() {
      const all: number[] = [];
      const target = new Uint8Array(65_536);
      try {
        for (;;) {
          const count = await stream.read(target);
          if (count === null) break;
          for (const byte of target.subarray(0, count)) all.push(byte);
        }
      } catch {
        // A connection that was reset has ended, too.
      }
      stream.close();
      return String.fromCharCode(...all);
    },
  };
}

/** A bare stream. */
export interface Stranger {
  /** Writes bytes. */
  write(bytes: Uint8Array): Promise<void>;
  /** Reads until the other side hangs up. */
  readToEnd(): Promise<string>;
  /** Hangs up. */
  close(): void;
}
