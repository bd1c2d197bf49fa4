/**
 * Connections between one server and its peers that delay, break, and break
 * on one side only, as chance will have it. Messages of one connection keep
 * their order; what is on its way when it breaks is lost.
 *
 * @module
 */
import type { Random, VirtualClock } from "../../base/mod.ts";
import type { Message } from "../../messages/mod.ts";

type Payload = readonly Uint8Array[];

/** One end of a peer's connections, over all of them. */
export interface PeerEnd {
  /** The connection stands. */
  connected(): void;
  /** It does not any more. */
  disconnected(): void;
  /** The server says something. */
  heard(message: Message, payload: Payload): void;
}

/** The server's end. */
export interface ServerEnd {
  /** A peer is there. */
  joined(peer: string): void;
  /** Its connection ended. */
  left(peer: string): void;
  /** It says something. */
  heard(peer: string, message: Message, payload: Payload): void;
}

/** How long a message may be on its way. */
const DELAY_MAX_MS = 20;
/** How long until a peer tries to connect again. */
const RETRY_MAX_MS = 400;
/** How long one side may not notice that the other is gone. */
const HALF_OPEN_MAX_MS = 3_000;

class Connection {
  isOpen = true;
  /** When the last message of each direction arrives. */
  toServerMs = 0;
  toPeerMs = 0;
}

/** Connects any number of peers with one server. */
export class SimulatedNetwork {
  readonly #clock: VirtualClock;
  readonly #random: Random;
  readonly #peers = new Map<string, PeerEnd>();
  readonly #connections = new Map<string, Connection>();
  #server: ServerEnd | undefined;
  /** Whether nothing breaks and everyone who wants to is connected soon. */
  isCalm = false;
  /** How many faults there were. */
  faults = 0;

  /** Makes a network without a server. */
  constructor(clock: VirtualClock, random: Random) {
    this.#clock = clock;
    this.#random = random;
  }

  /** A server begins to listen. */
  serve(server: ServerEnd): void {
    this.#server = server;
  }

  /** The server is gone, and all connections with it. */
  serverGone(): void {
    this.#server = undefined;
    for (const peer of [...this.#connections.keys()]) this.cut(peer);
  }

  /** A peer connects, and goes on until it is removed. */
  add(peer: string, end: PeerEnd): void {
    this.#peers.set(peer, end);
    this.#retry(peer);
  }

  /** A peer is gone for good. */
  remove(peer: string): void {
    this.#peers.delete(peer);
    this.cut(peer);
  }

  /** Whether a peer believes that it is connected. */
  isConnected(peer: string): boolean {
    return this.#connections.has(peer);
  }

  /** Ends a connection; the server may notice it late. */
  cut(peer: string): void {
    const connection = this.#connections.get(peer);
    if (connection === undefined) return;
    this.faults++;
    connection.isOpen = false;
    this.#connections.delete(peer);
    const server = this.#server;
    const noticeMs = this.isCalm || this.#random() < 0.7
      ? 0
      : this.#random() * HALF_OPEN_MAX_MS;
    this.#clock.setTimer(noticeMs, () => {
      // Another connection of the same peer has taken its place already.
      if (this.#server !== server || this.#connections.has(peer)) return;
      server?.left(peer);
    });
    this.#peers.get(peer)?.disconnected();
    this.#retry(peer);
  }

  /** A peer says something. */
  toServer(peer: string, message: Message, payload: Payload): void {
    const connection = this.#connections.get(peer);
    if (connection === undefined) return;
    connection.toServerMs = this.#arrival(connection.toServerMs);
    this.#at(connection.toServerMs, () => {
      if (connection.isOpen) this.#server?.heard(peer, message, payload);
    });
  }

  /** The server says something. */
  toPeer(peer: string, message: Message, payload: Payload): void {
    const connection = this.#connections.get(peer);
    if (connection === undefined) return;
    connection.toPeerMs = this.#arrival(connection.toPeerMs);
    this.#at(connection.toPeerMs, () => {
      if (connection.isOpen) this.#peers.get(peer)?.heard(message, payload);
    });
  }

  #arrival(afterMs: number): number {
    const atMs = this.#clock.now() + this.#random() * DELAY_MAX_MS;
    return Math.max(afterMs, atMs);
  }

  #at(dueMs: number, act: () => void): void {
    this.#clock.setTimer(dueMs - this.#clock.now(), act);
  }

  #retry(peer: string): void {
    this.#clock.setTimer(this.#random() * RETRY_MAX_MS, () => {
      const end = this.#peers.get(peer);
      if (end === undefined || this.#connections.has(peer)) return;
      if (this.#server === undefined) return this.#retry(peer);
      this.#connections.set(peer, new Connection());
      this.#server.joined(peer);
      end.connected();
    });
  }
}
