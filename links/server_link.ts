/**
 * The serving end of conversations: messages over a ROUTER socket.
 *
 * @module
 */
import { type Logger, silentLogger, toError } from "../base/mod.ts";
import {
  decodeEnvelopes,
  type Message,
  Outbox,
  type RoleTable,
} from "../messages/mod.ts";
import {
  type CloseOptions,
  type Peer,
  type Refusal,
  RouterSocket,
  type SocketOptions,
} from "../sockets/mod.ts";

/** Options of {@linkcode ServerLink}. */
export interface ServerLinkOptions {
  /** Options of the socket below. */
  readonly socket: SocketOptions;
  /** What each role may say. */
  readonly accepts: RoleTable;
  /** The role of peers whose security tells none, such as NULL. */
  readonly defaultRole?: string;
  /** Takes one message; the payload belongs to the receiver. */
  readonly onMessage: (
    peer: Peer,
    message: Message,
    payload: readonly Uint8Array[],
  ) => void;
  /** Hears that a peer is connected. */
  readonly onJoined?: (peer: Peer) => void;
  /** Hears that a peer's connection ended; it may come back. */
  readonly onLeft?: (peer: Peer, reason: Error | undefined) => void;
  /** Where to say what happened. */
  readonly log?: Logger;
}

/**
 * Speaks messages with many peers. What is said to a peer whose connection
 * is broken waits for it until it is forgotten.
 */
export class ServerLink implements AsyncDisposable {
  readonly #socket: RouterSocket;
  readonly #options: ServerLinkOptions;
  readonly #log: Logger;
  readonly #outboxes = new Map<string, Outbox>();

  /** Makes a link that is not bound yet. */
  constructor(options: ServerLinkOptions) {
    this.#options = options;
    this.#log = options.log ?? silentLogger;
    this.#socket = new RouterSocket({
      ...options.socket,
      log: this.#log,
      onMessage: (peer, parts) => this.#received(peer, parts),
      onPeerJoined: (peer) => {
        this.#options.onJoined?.(peer);
        this.#outboxes.get(peer.routingId)?.flush();
      },
      onPeerLeft: (peer, reason) => this.#options.onLeft?.(peer, reason),
      onDrained: (peer) => this.#outboxes.get(peer.routingId)?.flush(),
      onRefused: (refusal) => this.#refused(refusal),
    });
  }

  /** Listens; the actual endpoint, with the port that was chosen. */
  bind(endpoint: string): Promise<string> {
    return this.#socket.bind(endpoint);
  }

  /**
   * Says something to a peer, now or when it is back; `false` when too much
   * waits for it already.
   */
  send(
    routingId: string,
    message: Message,
    payload?: readonly Uint8Array[],
  ): boolean {
    let outbox = this.#outboxes.get(routingId);
    if (outbox === undefined) {
      outbox = new Outbox({
        send: (frames) => {
          const peer = this.#socket.peer(routingId);
          if (peer === undefined) return "full";
          return this.#socket.send(peer, frames);
        },
      });
      this.#outboxes.set(routingId, outbox);
    }
    return outbox.post(message, payload);
  }

  /** Ends a peer's connection. */
  disconnect(routingId: string, reason: string): void {
    const peer = this.#socket.peer(routingId);
    if (peer !== undefined) this.#socket.disconnect(peer, reason);
  }

  /** Forgets a peer that will not come back, and what waits for it. */
  forget(routingId: string): void {
    this.#outboxes.get(routingId)?.clear();
    this.#outboxes.delete(routingId);
  }

  /** Writes what waits for up to `lingerMs`, then ends everything. */
  async close(options?: CloseOptions): Promise<void> {
    for (const outbox of this.#outboxes.values()) outbox.flush();
    await this.#socket.close(options);
    this.#outboxes.clear();
  }

  /** Closes with the default linger. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #received(peer: Peer, parts: Uint8Array[]): void {
    try {
      for (const { message, payload } of decodeEnvelopes(parts)) {
        if (this.#isAllowed(peer, message)) {
          this.#options.onMessage(peer, message, payload);
        }
      }
    } catch (thrown) {
      const error = toError(thrown);
      this.#log.warn("peer dropped", { peer: peer.routingId, error });
      this.#socket.disconnect(peer, error.message);
    }
  }

  #isAllowed(peer: Peer, message: Message): boolean {
    const role = peer.role ?? this.#options.defaultRole ?? "";
    if (
      Object.hasOwn(this.#options.accepts, role) &&
      this.#options.accepts[role]?.has(message.type)
    ) return true;
    const reason = `a key with the role ${role || "none"} may not send it`;
    this.#log.warn("message refused", {
      peer: peer.routingId,
      type: message.type,
      reason,
    });
    this.send(peer.routingId, { type: "refused", what: message.type, reason });
    return false;
  }

  #refused(refusal: Refusal): void {
    this.#log.warn("connection refused", {
      address: refusal.address,
      reason: refusal.reason,
    });
  }
}
