/**
 * DEALER: one peer, or several in turn.
 *
 * @module
 */
import { bytesOf, ConnectionError, Deque } from "../base/mod.ts";
import type { PlacePart } from "../zmtp/mod.ts";
import type { Link } from "./link.ts";
import type { Peer, SendResult } from "./peer.ts";
import { SocketCore } from "./socket_core.ts";
import {
  type CloseOptions,
  resolveSocketOptions,
  type SocketLimits,
  type SocketOptions,
} from "./socket_options.ts";

/** Options of {@linkcode DealerSocket}. */
export interface DealerSocketOptions extends SocketOptions {
  /**
   * Whether messages belong to one connection: what was not written when it
   * ends is lost as well, and without one nothing is taken. For those who
   * know better themselves what is to be said again. @default false
   */
  readonly isForgetful?: boolean;
  /**
   * Takes one message. The parts belong to the receiver for ever; parts of
   * one read are views of one buffer of at most 128 KiB, which small reads
   * share with others, and a part over
   * 64 KiB lies in its place, or begins at a multiple of eight of a buffer of
   * its own.
   */
  readonly onMessage: (parts: Uint8Array[]) => void;
  /**
   * Says where a part over 64 KiB is to lie. Absent, in memory of its own.
   */
  readonly place?: PlacePart;
  /** Hears that a peer finished its handshake. */
  readonly onConnected?: (peer: Peer) => void;
  /**
   * Hears that a connection ended or an attempt failed; `final` when no
   * further attempt is made, because the peer refused our key or its key is
   * not the one we know.
   */
  readonly onDisconnected?: (reason: Error, final: boolean) => void;
  /** Hears, after `full`, that the queue is half empty again. */
  readonly onDrained?: () => void;
}

/**
 * A ZeroMQ DEALER socket.
 *
 * Messages go to the connected peers in turn, normally to the one. While
 * nobody is connected they wait, within the limits of a send queue. When a
 * connection is lost, messages of which nothing was written yet are sent
 * over the next one; a message that was written in part, or in full but not
 * read by the peer, is lost with it.
 *
 * What a callback throws does not touch the connection: it is reported like
 * any uncaught error of the program.
 */
export class DealerSocket implements AsyncDisposable {
  readonly #options: DealerSocketOptions;
  readonly #limits: SocketLimits;
  readonly #core: SocketCore;
  readonly #links: Link[] = [];
  readonly #waiting = new Deque<readonly Uint8Array[]>();
  #waitingBytes = 0;
  #toldFull = false;
  #turn = 0;

  /** Makes a socket that is neither bound nor connected. */
  constructor(options: DealerSocketOptions) {
    const resolved = resolveSocketOptions(options);
    const waiting = this.#waiting;
    this.#options = options;
    this.#limits = resolved.limits;
    this.#core = new SocketCore(resolved, {
      type: "DEALER",
      get waitingMessages() {
        return waiting.length;
      },
      admit: (link, peer) => {
        link.routingId = String.fromCharCode(...peer.routingId);
      },
      joined: (link) => this.#joined(link),
      message: (_link, parts) => options.onMessage(parts),
      place: options.place,
      drained: () => this.#sendWaiting(),
      left: (link, reason, unsent) => this.#left(link, reason, unsent),
      failed: (reason, final) => options.onDisconnected?.(reason, final),
    });
  }

  /** Whether a peer is connected now. */
  get connected(): boolean {
    return this.#links.length > 0;
  }

  /** Bytes of messages that wait to be written. */
  get queuedBytes(): number {
    let bytes = this.#waitingBytes;
    for (const link of this.#links) bytes += link.queuedBytes;
    return bytes;
  }

  /** Messages that wait to be written. */
  get queuedMessages(): number {
    let messages = this.#waiting.length;
    for (const link of this.#links) messages += link.queuedMessages;
    return messages;
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

  /**
   * Connects to the first candidate that answers, and reconnects for as long
   * as the socket is open, or until refused.
   */
  connect(endpoints: string | readonly string[]): void {
    this.#core.connect(typeof endpoints === "string" ? [endpoints] : endpoints);
  }

  /**
   * Queues a message, to be written when this turn is over. The array and
   * its parts belong to the socket unless the answer is not `sent`; do not
   * change them. The answer is `gone` only when the socket is closed, or
   * forgetful and not connected.
   */
  send(parts: readonly Uint8Array[]): SendResult {
    if (this.#core.closed) return "gone";
    if (this.#options.isForgetful === true && this.#links.length === 0) {
      return "gone";
    }
    // What waits was there first.
    if (this.#links.length === 0 || this.#waiting.length > 0) {
      return this.#wait(parts);
    }
    if (this.#sendInTurn(parts) === "sent") return "sent";
    this.#toldFull = true;
    return "full";
  }

  /** Writes what is queued at once, for those who know that no more comes. */
  flush(): void {
    this.#core.flush();
  }

  /**
   * Ends the connections of now and makes others: for those who know better
   * than the socket that nobody hears them.
   */
  reconnect(why: string): void {
    for (const link of [...this.#links]) {
      link.end(new ConnectionError(`Cannot keep ${link.address}: ${why}`));
    }
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

  #wait(parts: readonly Uint8Array[]): SendResult {
    const bytes = bytesOf(parts);
    const { sendQueueMessagesMax, sendQueueBytesMax } = this.#limits;
    if (
      this.#waiting.length > 0 &&
      (this.#waiting.length >= sendQueueMessagesMax ||
        this.#waitingBytes + bytes > sendQueueBytesMax)
    ) {
      if (!this.#toldFull) {
        this.#options.tally?.reached(
          this.#waiting.length >= sendQueueMessagesMax
            ? "sendQueueMessagesMax"
            : "sendQueueBytesMax",
        );
      }
      this.#toldFull = true;
      return "full";
    }
    this.#waiting.push(parts);
    this.#waitingBytes += bytes;
    return "sent";
  }

  #joined(link: Link): void {
    this.#links.push(link);
    this.#sendWaiting();
    if (this.#core.closed) return;
    this.#core.guard(() => this.#options.onConnected?.(link));
  }

  #left(
    link: Link,
    reason: Error | undefined,
    unsent: readonly (readonly Uint8Array[])[],
  ): void {
    const index = this.#links.indexOf(link);
    if (index >= 0) this.#links.splice(index, 1);
    const kept = this.#options.isForgetful === true ? [] : unsent;
    for (const message of kept.toReversed()) {
      this.#waiting.unshift(message);
      this.#waitingBytes += bytesOf(message);
    }
    this.#sendWaiting();
    // The connector tells of the end of a connection that it made.
    if (!link.incoming || this.#core.closed) return;
    const story = reason ?? new ConnectionError(
      `Cannot keep ${link.address}: the peer closed the connection`,
    );
    this.#core.guard(() => this.#options.onDisconnected?.(story, false));
  }

  /** Gives what waits to the links, as far as their queues go. */
  #sendWaiting(): void {
    for (;;) {
      const message = this.#waiting.peek();
      if (message === undefined) break;
      if (this.#sendInTurn(message) !== "sent") return;
      this.#waiting.shift();
      this.#waitingBytes -= bytesOf(message);
    }
    if (!this.#toldFull || this.#core.closed) return;
    this.#toldFull = false;
    this.#core.guard(() => this.#options.onDrained?.());
  }

  #sendInTurn(parts: readonly Uint8Array[]): SendResult {
    const links = this.#links;
    for (let tries = links.length; tries > 0; tries--) {
      this.#turn = (this.#turn + 1) % links.length;
      if (links[this.#turn]?.send(parts) === "sent") return "sent";
    }
    return "full";
  }
}
