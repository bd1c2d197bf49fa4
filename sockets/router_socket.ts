/**
 * ROUTER: many peers, each addressed by name.
 *
 * @module
 */
import { AuthenticationError, ConnectionError } from "../base/mod.ts";
import { encodeZ85 } from "../security/mod.ts";
import type { ZmtpPeer } from "../zmtp/mod.ts";
import { Link } from "./link.ts";
import type { Peer, SendResult } from "./peer.ts";
import { SocketCore } from "./socket_core.ts";
import {
  type CloseOptions,
  resolveSocketOptions,
  type SocketOptions,
} from "./socket_options.ts";

/** Options of {@linkcode RouterSocket}. */
export interface RouterSocketOptions extends SocketOptions {
  /**
   * Takes one message. The parts belong to the receiver for ever; parts of
   * one read are views of one buffer of at most 128 KiB, which small reads
   * share with others, and a part over
   * 64 KiB begins at a multiple of eight of a buffer of its own.
   */
  readonly onMessage: (peer: Peer, parts: Uint8Array[]) => void;
  /**
   * Decides whether a key may have a routing id that nobody has now, such as
   * that of a peer that is expected back. Absent, every key may.
   */
  readonly mayTake?: (
    routingId: string,
    publicKey: string | undefined,
  ) => boolean;
  /** Hears that a peer finished its handshake. */
  readonly onPeerJoined?: (peer: Peer) => void;
  /**
   * Hears that a peer is gone, with the reason unless it just closed. What
   * was queued for it is lost.
   */
  readonly onPeerLeft?: (peer: Peer, reason: Error | undefined) => void;
  /** Hears, after `full`, that a peer's queue is half empty again. */
  readonly onDrained?: (peer: Peer) => void;
}

/** Generated routing ids are a zero byte and four more. */
const GENERATED_IDS = 2 ** 32;

/**
 * A ZeroMQ ROUTER socket.
 *
 * Each peer has a routing id: its own, or one that is made up. A second
 * connection with a connected peer's id takes its place when it proves the
 * same key, and is refused otherwise.
 *
 * What a callback throws does not touch the connection: it is reported like
 * any uncaught error of the program.
 */
export class RouterSocket implements AsyncDisposable {
  readonly #options: RouterSocketOptions;
  readonly #core: SocketCore;
  readonly #peers = new Map<string, Link>();
  #nextId: number;

  /** Makes a socket that is neither bound nor connected. */
  constructor(options: RouterSocketOptions) {
    const resolved = resolveSocketOptions(options);
    this.#options = options;
    this.#nextId = Math.floor(resolved.random() * GENERATED_IDS);
    this.#core = new SocketCore(resolved, {
      type: "ROUTER",
      waitingMessages: 0,
      admit: (link, peer) => this.#admit(link, peer),
      joined: (link) => this.#joined(link),
      message: options.onMessage,
      drained: (link) => options.onDrained?.(link),
      left: (link, reason) => this.#left(link, reason),
      failed(reason, final) {
        if (final) resolved.log.error("peer refused us", { reason });
        else resolved.log.debug("connection failed", { reason });
      },
    });
  }

  /**
   * Listens; may be called for several endpoints.
   *
   * @returns The actual endpoint, with the port that was chosen.
   * @throws {ConnectionError} when the endpoint is taken or not allowed.
   * @throws {TypeError} when security does not allow the endpoint.
   */
  bind(endpoint: string): Promise<string> {
    return this.#core.bind(endpoint);
  }

  /** Connects, and reconnects for as long as the socket is open. */
  connect(endpoint: string): void {
    this.#core.connect([endpoint]);
  }

  /**
   * Queues a message for a peer, to be written when this turn is over. The
   * array and its parts belong to the socket unless the answer is not
   * `sent`; do not change them. What is queued when the peer leaves is lost.
   */
  send(peer: Peer, parts: readonly Uint8Array[]): SendResult {
    if (peer instanceof Link) return peer.send(parts);
    throw new TypeError("Cannot send: the peer is not one of a socket");
  }

  /** Writes what is queued at once, for those who know that no more comes. */
  flush(): void {
    this.#core.flush();
  }

  /**
   * Reads no more from a peer until {@linkcode RouterSocket.resume}, so that
   * what it sends waits on its side. Meanwhile it is dropped when it takes
   * nothing of what is queued for it, not when it is silent.
   */
  pause(peer: Peer): void {
    if (peer instanceof Link) peer.pause();
  }

  /** Reads from a peer again. */
  resume(peer: Peer): void {
    if (peer instanceof Link) peer.resume();
  }

  /** Connections now, also those whose handshake is not finished. */
  get connectionCount(): number {
    return this.#core.connectionCount;
  }

  /** The connected peer with this routing id. */
  peer(routingId: string): Peer | undefined {
    return this.#peers.get(routingId);
  }

  /** Every connected peer. */
  peers(): Iterable<Peer> {
    return this.#peers.values();
  }

  /** Ends a peer's connection at once; one it made itself may come back. */
  disconnect(peer: Peer, reason: string): void {
    if (!(peer instanceof Link)) {
      throw new TypeError("Cannot disconnect: the peer is not one of a socket");
    }
    peer.end(new ConnectionError(`Cannot keep ${peer.address}: ${reason}`));
  }

  /**
   * Writes what is queued for up to `lingerMs`, then ends everything. No
   * callback is called after this, and the promise always settles.
   */
  close(options?: CloseOptions): Promise<void> {
    return this.#core.close(options);
  }

  /** Closes with the default linger. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #admit(link: Link, peer: ZmtpPeer): void {
    if (peer.routingId.byteLength === 0) {
      link.routingId = this.#generateId();
      return;
    }
    link.routingId = String.fromCharCode(...peer.routingId);
    const present = this.#peers.get(link.routingId);
    const publicKey = peer.publicKey && encodeZ85(peer.publicKey);
    const isFree = present === undefined
      ? this.#options.mayTake?.(link.routingId, publicKey) ?? true
      : present.publicKey === publicKey;
    if (!isFree) {
      throw new AuthenticationError(
        "Cannot admit peer: its routing id is taken by another key",
      );
    }
  }

  #joined(link: Link): void {
    const present = this.#peers.get(link.routingId);
    present?.end(
      new ConnectionError(
        `Cannot keep ${present.address}: ${link.address} took its place`,
      ),
    );
    this.#peers.set(link.routingId, link);
    this.#core.guard(() => this.#options.onPeerJoined?.(link));
  }

  #left(link: Link, reason: Error | undefined): void {
    if (this.#peers.get(link.routingId) !== link) return;
    this.#peers.delete(link.routingId);
    if (this.#core.closed) return;
    this.#core.guard(() => this.#options.onPeerLeft?.(link, reason));
  }

  #generateId(): string {
    for (;;) {
      const id = this.#nextId;
      this.#nextId = (id + 1) % GENERATED_IDS;
      const text = String.fromCharCode(
        0,
        id >>> 24,
        (id >>> 16) & 0xff,
        (id >>> 8) & 0xff,
        id & 0xff,
      );
      if (!this.#peers.has(text)) return text;
    }
  }
}
