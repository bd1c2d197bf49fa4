/**
 * Connections between one server and its peers that delay, stall, break, and
 * break on one side only, as chance will have it. Messages of one connection
 * keep their order; what is on its way when it breaks is lost.
 *
 * @module
 */
import type { Random, VirtualClock } from "../../base/mod.ts";
import type { Message } from "../../messages/mod.ts";

type Payload = readonly Uint8Array[];

/** One end of a peer's connections, over all of them. */
export interface PeerEnd {
  /** Whether there is a way to the server now. @default there is */
  isThere?(): boolean;
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

/** Options of {@linkcode SimulatedNetwork}. */
export interface NetworkOptions {
  /** Whether what is said without a connection waits for the next one. */
  readonly keeps: boolean;
  /** How long one side may not notice that the other is gone. */
  readonly halfOpenMaxMs: number;
}

/** How long a message may be on its way. */
const DELAY_MAX_MS = 20;
/** How long until a peer tries to connect again. */
const RETRY_MAX_MS = 400;

class Connection {
  isOpen = true;
  /** When the last message of each direction arrives. */
  toServerMs = 0;
  toPeerMs = 0;
}

/** What waits for a peer, or of one. */
class Waiting {
  readonly #said = new Map<string, [Message, Payload][]>();

  /** How many are waited for. */
  get size(): number {
    return this.#said.size;
  }

  add(peer: string, message: Message, payload: Payload): void {
    const said = this.#said.get(peer) ?? [];
    said.push([message, payload]);
    this.#said.set(peer, said);
  }

  take(peer: string): [Message, Payload][] {
    const said = this.#said.get(peer) ?? [];
    this.#said.delete(peer);
    return said;
  }

  clear(): void {
    this.#said.clear();
  }
}

/** Connects any number of peers with one server. */
export class SimulatedNetwork {
  readonly #clock: VirtualClock;
  readonly #random: Random;
  readonly #options: NetworkOptions;
  readonly #peers = new Map<string, PeerEnd>();
  /** The connections that peers believe in, and those that the server does. */
  readonly #called = new Map<string, Connection>();
  readonly #served = new Map<string, Connection>();
  readonly #fromPeers = new Waiting();
  readonly #toPeers = new Waiting();
  readonly #stalledMs = new Map<string, number>();
  #server: ServerEnd | undefined;
  /** Whether nothing breaks and everyone who wants to is connected soon. */
  isCalm = false;
  /** How many connections were cut. */
  cuts = 0;
  /** How many lines said nothing for a while. */
  stalls = 0;

  /** Makes a network without a server. */
  constructor(clock: VirtualClock, random: Random, options: NetworkOptions) {
    this.#clock = clock;
    this.#random = random;
    this.#options = options;
  }

  /** Peers for which something waits at the server. */
  get waiting(): number {
    return this.#toPeers.size;
  }

  /** A server begins to listen. */
  serve(server: ServerEnd): void {
    this.#server = server;
  }

  /** The server is gone, and all connections with it. */
  serverGone(): void {
    this.#server = undefined;
    this.#served.clear();
    this.#toPeers.clear();
    for (const peer of [...this.#called.keys()]) this.cut(peer);
  }

  /** A peer connects, and goes on until it is removed. */
  add(peer: string, end: PeerEnd): void {
    this.#peers.set(peer, end);
    this.#retry(peer, end);
  }

  /** A peer is gone for good. */
  remove(peer: string): void {
    this.#peers.delete(peer);
    this.#fromPeers.take(peer);
    this.cut(peer);
    this.#called.delete(peer);
  }

  /** What waits for a peer is not wanted any more. */
  forget(peer: string): void {
    this.#toPeers.take(peer);
  }

  /** Whether a peer believes that it is connected. */
  isConnected(peer: string): boolean {
    return this.#called.has(peer);
  }

  /** Ends a connection; one of the two may notice it late. */
  cut(peer: string): void {
    const connection = this.#called.get(peer);
    if (connection?.isOpen !== true) return;
    this.cuts++;
    connection.isOpen = false;
    const chance = this.isCalm ? 0 : this.#random();
    const lateMs = this.#random() * this.#options.halfOpenMaxMs;
    this.#serverNotices(peer, connection, chance > 0.85 ? lateMs : 0);
    const isLate = chance > 0.7 && chance <= 0.85 && this.#peers.has(peer);
    if (!isLate) return this.#peerNotices(peer, connection);
    this.#clock.setTimer(lateMs, () => this.#peerNotices(peer, connection));
  }

  /** A peer gives its connection up, and makes another. */
  reconnect(peer: string): void {
    const connection = this.#called.get(peer);
    if (connection === undefined) return;
    this.cut(peer);
    this.#peerNotices(peer, connection);
  }

  /**
   * Nothing passes between a peer and the server for so long; then all of it
   * does, or the connection ends, and it is lost.
   */
  stall(peer: string, forMs: number): void {
    this.stalls++;
    const untilMs = this.#clock.now() + forMs;
    this.#stalledMs.set(peer, untilMs);
    if (this.#random() < 0.5) return;
    const connection = this.#called.get(peer);
    this.#at(untilMs - 1, () => {
      if (this.#called.get(peer) === connection) this.cut(peer);
    });
  }

  /** A peer says something; `false` when nobody takes it. */
  toServer(peer: string, message: Message, payload: Payload): boolean {
    const connection = this.#called.get(peer);
    if (connection === undefined) {
      if (this.#options.keeps) this.#fromPeers.add(peer, message, payload);
      return this.#options.keeps;
    }
    connection.toServerMs = this.#arrival(peer, connection.toServerMs);
    this.#at(connection.toServerMs, () => {
      if (connection.isOpen) this.#server?.heard(peer, message, payload);
    });
    return true;
  }

  /** The server says something. */
  toPeer(peer: string, message: Message, payload: Payload): void {
    const connection = this.#served.get(peer);
    if (connection === undefined) {
      if (this.#options.keeps) this.#toPeers.add(peer, message, payload);
      return;
    }
    connection.toPeerMs = this.#arrival(peer, connection.toPeerMs);
    this.#at(connection.toPeerMs, () => {
      if (connection.isOpen) this.#peers.get(peer)?.heard(message, payload);
    });
  }

  #serverNotices(peer: string, connection: Connection, inMs: number): void {
    const server = this.#server;
    this.#clock.setTimer(inMs, () => {
      // Another connection of the same peer has taken its place already.
      if (this.#served.get(peer) !== connection) return;
      this.#served.delete(peer);
      if (this.#server === server) server?.left(peer);
    });
  }

  #peerNotices(peer: string, connection: Connection): void {
    if (this.#called.get(peer) !== connection) return;
    this.#called.delete(peer);
    const end = this.#peers.get(peer);
    if (end === undefined) return;
    end.disconnected();
    this.#retry(peer, end);
  }

  #arrival(peer: string, afterMs: number): number {
    const atMs = this.#clock.now() + this.#random() * DELAY_MAX_MS;
    return Math.max(afterMs, atMs, this.#stalledMs.get(peer) ?? 0);
  }

  #at(dueMs: number, act: () => void): void {
    this.#clock.setTimer(dueMs - this.#clock.now(), act);
  }

  #retry(peer: string, end: PeerEnd): void {
    this.#clock.setTimer(this.#random() * RETRY_MAX_MS, () => {
      // It has gone, or has come again as another.
      if (this.#peers.get(peer) !== end || this.#called.has(peer)) return;
      const isStalled = (this.#stalledMs.get(peer) ?? 0) > this.#clock.now();
      const isThere = !isStalled && (end.isThere?.() ?? true);
      if (this.#server === undefined || !isThere) {
        return this.#retry(peer, end);
      }
      this.#connect(peer, end, this.#server);
    });
  }

  #connect(peer: string, end: PeerEnd, server: ServerEnd): void {
    const connection = new Connection();
    this.#called.set(peer, connection);
    this.#served.set(peer, connection);
    server.joined(peer);
    for (const [message, payload] of this.#toPeers.take(peer)) {
      this.toPeer(peer, message, payload);
    }
    // What waits is written first, as sockets do.
    for (const [message, payload] of this.#fromPeers.take(peer)) {
      this.toServer(peer, message, payload);
    }
    end.connected();
  }
}
