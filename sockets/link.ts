/**
 * One connection: a stream, and the language spoken over it.
 *
 * @module
 */
import {
  AuthenticationError,
  bytesOf,
  type Clock,
  ConnectionError,
  IppdError,
  type LimitTally,
  TimeoutError,
  toError,
} from "../base/mod.ts";
import { encodeZ85 } from "../security/mod.ts";
import type {
  BatchPool,
  Mechanism,
  PlacePart,
  SocketType,
  ZmtpConnectionOptions,
  ZmtpPeer,
} from "../zmtp/mod.ts";
import { ZmtpConnection } from "../zmtp/mod.ts";
import type { Flusher } from "./flusher.ts";
import type { ByteStream } from "./network.ts";
import type { Peer, SendResult } from "./peer.ts";
import type { HeartbeatOptions, SocketLimits } from "./socket_options.ts";

/** From this many messages on, a batch is prepared during a write. */
const OVERLAP_MESSAGES_MIN = 64;
/** From this many bytes on, a batch is prepared during a write. */
const OVERLAP_BYTES_MIN = 32 * 1024;

/** What a link has from its socket. */
export interface LinkContext {
  /** Our socket type. */
  readonly socketType: SocketType;
  /** Time. */
  readonly clock: Clock;
  /** Limits of the socket. */
  readonly limits: SocketLimits;
  /** When to ask a silent peer whether it is there. */
  readonly heartbeat: HeartbeatOptions;
  /** Scratch memory of the socket's connections. */
  readonly pool: BatchPool;
  /** Collects the links that have something to write. */
  readonly flusher: Flusher;
  /** What is told. */
  readonly owner: LinkOwner;
  /** Counts limits that are reached. */
  readonly tally: LimitTally | undefined;
}

/** What a link tells its socket. */
export interface LinkOwner {
  /** Decides on a peer that has proven itself; a throw refuses it. */
  admit(link: Link, peer: ZmtpPeer): void;
  /** Hears that the handshake is complete. */
  joined(link: Link): void;
  /** Takes a message. */
  message(link: Link, parts: Uint8Array[]): void;
  /** Says where a large part of a message is to lie. */
  readonly place: PlacePart | undefined;
  /** Hears, after `full`, that the queue is half empty again. */
  drained(link: Link): void;
  /** Hears that everything queued was written. */
  flushed(link: Link): void;
  /** Hears, once, that the link has ended, with the messages not sent. */
  ended(
    link: Link,
    reason: Error | undefined,
    unsent: (readonly Uint8Array[])[],
  ): void;
}

/**
 * One connection of a socket, incoming or outgoing. It ends once, by itself
 * or by {@linkcode Link.end}, and then holds nothing.
 */
export class Link implements Peer {
  /** Where the peer is. */
  readonly address: string;
  /** Whether the peer came to us. */
  readonly incoming: boolean;
  readonly #context: LinkContext;
  readonly #stream: ByteStream;
  readonly #connection: ZmtpConnection;
  readonly #openedMs: number;
  #routingId = "";
  #publicKey: string | undefined;
  #role: string | undefined;
  #readMs: number;
  #writeMs: number;
  /** Whether bytes came, or went, since the time was last looked at. */
  #hasRead = false;
  #hasWritten = false;
  #pingMs = -Infinity;
  #readyMs: number | undefined;
  #ended = false;
  #writing: Promise<void> | undefined;
  #writtenBytes = 0;
  #wasFull = false;
  /** Why the link ends once the last words are written. */
  #farewell: Error | undefined;
  /** While nothing is read from the peer: what the read loop waits for. */
  #pause: PromiseWithResolvers<void> | undefined;
  /** Whether the flusher has this link on its list. */
  flushWanted = false;

  /** Takes a stream; nothing happens before {@linkcode Link.run}. */
  constructor(
    context: LinkContext,
    stream: ByteStream,
    mechanism: Mechanism,
    incoming: boolean,
  ) {
    this.#context = context;
    this.#stream = stream;
    this.address = stream.address;
    this.incoming = incoming;
    this.#openedMs = context.clock.monotonic();
    this.#readMs = this.#openedMs;
    this.#writeMs = this.#openedMs;
    const options: ZmtpConnectionOptions = {
      socketType: context.socketType,
      mechanism,
      limits: context.limits,
      pool: context.pool,
      handler: {
        admit: (peer) => context.owner.admit(this, peer),
        ready: (peer) => this.#ready(peer),
        message: (parts) => context.owner.message(this, parts),
        ...(context.owner.place && { place: context.owner.place }),
      },
    };
    this.#connection = new ZmtpConnection(options);
  }

  /** The peer's routing id; the socket makes one up when it has none. */
  get routingId(): string {
    return this.#routingId;
  }

  /** Given by the socket when it admits the peer. */
  set routingId(routingId: string) {
    this.#routingId = routingId;
  }

  /** The peer's long-term public key in Z85. */
  get publicKey(): string | undefined {
    return this.#publicKey;
  }

  /** What the authorizer said of the key. */
  get role(): string | undefined {
    return this.#role;
  }

  /** Bytes of messages that are not written yet. */
  get queuedBytes(): number {
    return this.#connection.queuedBytes;
  }

  /** Messages that are not written yet. */
  get queuedMessages(): number {
    return this.#connection.queuedMessages;
  }

  /** Whether messages can be sent. */
  get ready(): boolean {
    return this.#readyMs !== undefined && !this.#ended;
  }

  /** Whether the link has ended. */
  get ended(): boolean {
    return this.#ended;
  }

  /** Whether nothing waits to be written or is being written. */
  get flushed(): boolean {
    return this.#ended || this.#connection.flushed;
  }

  /** Whether the peer was ready at any time. */
  get wasReady(): boolean {
    return this.#readyMs !== undefined;
  }

  /** How long messages could be sent, up to now. */
  get readyDurationMs(): number {
    if (this.#readyMs === undefined) return 0;
    return this.#context.clock.monotonic() - this.#readyMs;
  }

  /** Notes which key the peer proved to own. */
  noteKey(publicKey: Uint8Array): void {
    this.#publicKey = encodeZ85(publicKey);
  }

  /** Whether reading from the peer is suspended. */
  get paused(): boolean {
    return this.#pause !== undefined;
  }

  /**
   * Reads no more from the peer, whose own queues then fill up, until
   * {@linkcode Link.resume}. What was read already is still handed on.
   */
  pause(): void {
    if (!this.#ended) this.#pause ??= Promise.withResolvers<void>();
  }

  /** Reads on after {@linkcode Link.pause}. */
  resume(): void {
    // What came meanwhile was not looked at: silence counts from here.
    if (this.#pause !== undefined) {
      this.#readMs = this.#context.clock.monotonic();
    }
    this.#pause?.resolve();
    this.#pause = undefined;
  }

  /** Reads and answers until the link ends; settles when nothing is left. */
  async run(): Promise<void> {
    this.flush();
    try {
      await this.#read();
    } catch (error) {
      this.end(connectionError(this.address, error));
    }
    await this.#writing;
  }

  /** Queues a message, which is written at the end of this turn. */
  send(parts: readonly Uint8Array[]): SendResult {
    if (this.#ended || this.#readyMs === undefined) return "gone";
    const connection = this.#connection;
    const limits = this.#context.limits;
    const bytes = bytesOf(parts);
    const queued = connection.queuedMessages;
    if (
      queued > 0 &&
      (queued >= limits.sendQueueMessagesMax ||
        connection.queuedBytes + bytes > limits.sendQueueBytesMax)
    ) {
      if (!this.#wasFull) {
        this.#context.tally?.reached(
          queued >= limits.sendQueueMessagesMax
            ? "sendQueueMessagesMax"
            : "sendQueueBytesMax",
        );
      }
      this.#wasFull = true;
      return "full";
    }
    connection.send(parts, bytes);
    this.#context.flusher.want(this);
    return "sent";
  }

  /** Writes what waits, unless a write is going on, which will go on. */
  flush(): void {
    if (this.#writing !== undefined || this.#ended) return;
    const chunks = this.#output();
    if (chunks === undefined) return;
    this.#hasWritten = true;
    this.#writing = this.#write(chunks);
  }

  /**
   * Looks at the time: drops a peer that is too slow or silent, and asks one
   * that has been quiet.
   */
  checkTime(nowMs: number): void {
    // A look at the clock for each message would cost more than this delay.
    if (this.#hasRead) this.#readMs = nowMs;
    if (this.#hasWritten) this.#writeMs = nowMs;
    this.#hasRead = this.#hasWritten = false;
    const reason = this.#overdue(nowMs);
    if (reason !== undefined) {
      this.end(reason);
      return;
    }
    const { intervalMs } = this.#context.heartbeat;
    if (
      this.#readyMs === undefined || nowMs - this.#readMs < intervalMs ||
      nowMs - this.#pingMs < intervalMs
    ) return;
    // The answer of a peer that is paused would not be read.
    if (this.#pause !== undefined) return;
    this.#pingMs = nowMs;
    // Silence of ours is no sign of death: a peer that talks is not asked,
    // so it gets no time to live.
    if (this.#connection.ping(0)) this.flush();
  }

  /** Leaves out time in which this process did not run. */
  forgive(lateMs: number): void {
    this.#readMs += lateMs;
    this.#writeMs += lateMs;
  }

  /** Ends the link; a second end does nothing. */
  end(reason: Error | undefined): void {
    if (this.#ended) return;
    this.#ended = true;
    this.resume();
    const unsent = this.#connection.end(this.#writtenBytes);
    this.#stream.close();
    this.#context.owner.ended(this, reason, unsent);
  }

  async #read(): Promise<void> {
    const connection = this.#connection;
    const stream = this.#stream;
    while (!this.#ended) {
      if (this.#pause !== undefined) {
        await this.#pause.promise;
        continue;
      }
      const count = await stream.read(connection.readTarget());
      if (this.#ended) return;
      if (count === null) {
        this.end(this.wasReady ? undefined : closedInHandshake(this.address));
        return;
      }
      this.#hasRead = true;
      try {
        connection.filled(count);
      } catch (error) {
        this.#refuse(toError(error));
        return;
      }
      this.flush();
    }
  }

  /** Ends, after the last words that a peer is owed in the handshake. */
  #refuse(reason: Error): void {
    if (!this.wasReady) {
      this.#farewell = reason;
      this.flush();
    }
    if (this.#writing === undefined || this.wasReady) this.end(reason);
  }

  #ready(peer: ZmtpPeer): void {
    this.#readyMs = this.#context.clock.monotonic();
    if (peer.publicKey !== undefined) this.noteKey(peer.publicKey);
    this.#role = peer.role;
    this.#context.owner.joined(this);
  }

  async #write(first: readonly Uint8Array[]): Promise<void> {
    const stream = this.#stream;
    let chunks: readonly Uint8Array[] | undefined = first;
    try {
      while (chunks !== undefined) {
        // Prepared while the batch before it is written.
        let next: readonly Uint8Array[] | undefined;
        this.#writtenBytes = 0;
        for (let index = 0; index < chunks.length; index++) {
          const chunk = chunks[index] as Uint8Array;
          let at = 0;
          while (at < chunk.byteLength) {
            const writing = stream.write(at === 0 ? chunk : chunk.subarray(at));
            if (next === undefined && this.#overlaps()) next = this.#output();
            const count = await writing;
            if (this.#ended) return;
            at += count;
            this.#writtenBytes += count;
            this.#hasWritten = true;
          }
        }
        this.#wrote();
        chunks = next ?? (this.#ended ? undefined : this.#output());
        if (this.#ended) return;
      }
    } catch (error) {
      this.end(this.#farewell ?? connectionError(this.address, error));
      return;
    } finally {
      this.#writing = undefined;
    }
    // What was queued while the last write was being settled saw a write
    // going on and left its flush to it.
    this.flush();
    if (this.#writing !== undefined) return;
    if (this.#farewell !== undefined) this.end(this.#farewell);
    else if (this.#connection.flushed) this.#context.owner.flushed(this);
  }

  /** Takes note that a batch was written as a whole. */
  #wrote(): void {
    this.#connection.wrote();
    this.#writtenBytes = 0;
    if (this.#wasFull) this.#checkDrained();
  }

  #overlaps(): boolean {
    return this.#connection.queuedMessages >= OVERLAP_MESSAGES_MIN ||
      this.#connection.queuedBytes >= OVERLAP_BYTES_MIN;
  }

  #output(): readonly Uint8Array[] | undefined {
    try {
      return this.#connection.output();
    } catch (error) {
      this.end(toError(error));
      return undefined;
    }
  }

  #checkDrained(): void {
    const limits = this.#context.limits;
    if (
      this.#connection.queuedMessages * 2 > limits.sendQueueMessagesMax ||
      this.#connection.queuedBytes * 2 > limits.sendQueueBytesMax
    ) return;
    this.#wasFull = false;
    this.#context.owner.drained(this);
  }

  #overdue(nowMs: number): Error | undefined {
    const { limits, heartbeat, tally } = this.#context;
    if (this.#writing !== undefined) {
      const stalledMs = nowMs - this.#writeMs;
      if (stalledMs >= limits.stalledPeerTimeoutMs) {
        tally?.reached("stalledPeerTimeoutMs");
        return new ConnectionError(
          `Cannot keep ${this.address}: it took nothing for ` +
            `${Math.round(stalledMs)} ms while ` +
            `${this.#connection.queuedBytes} bytes waited`,
        );
      }
    }
    if (this.#readyMs === undefined) {
      if (nowMs - this.#openedMs < limits.handshakeTimeoutMs) return undefined;
      tally?.reached("handshakeTimeoutMs");
      return new TimeoutError(
        `Cannot admit ${this.address}: its handshake took more than ` +
          `${limits.handshakeTimeoutMs} ms`,
      );
    }
    // A peer that is paused is watched by what it takes, not by what it says.
    if (this.#pause !== undefined) return undefined;
    const silentMs = nowMs - this.#readMs;
    const limitMs = Math.min(
      this.#connection.knowsPing ? heartbeat.timeoutMs : Infinity,
      this.#connection.peerTimeoutMs || Infinity,
    );
    return silentMs < limitMs ? undefined : new TimeoutError(
      `Cannot keep ${this.address}: not a byte came for ` +
        `${Math.round(silentMs)} ms`,
    );
  }
}

function closedInHandshake(address: string): ConnectionError {
  return new ConnectionError(
    `Cannot talk to ${address}: it closed the connection in the handshake, ` +
      "which it does when keys or security differ",
  );
}

function connectionError(address: string, thrown: unknown): Error {
  const error = toError(thrown);
  if (error instanceof IppdError) return error;
  return new ConnectionError(
    `Cannot keep ${address}: the connection broke (${error.message})`,
    { cause: error },
  );
}

/** Whether a link ended because one side does not know the other's key. */
export function isRefusal(reason: Error | undefined): boolean {
  return reason instanceof AuthenticationError;
}
