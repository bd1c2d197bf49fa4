/**
 * What ROUTER and DEALER share: listening, connecting, watching the time,
 * closing.
 *
 * @module
 */
import {
  type Clock,
  ConnectionError,
  LimitError,
  type Timer,
  toError,
} from "../base/mod.ts";
import {
  BatchPool,
  type PlacePart,
  socketMetadata,
  type SocketType,
  type ZmtpPeer,
} from "../zmtp/mod.ts";
import { Acceptor } from "./acceptor.ts";
import { type ConnectionStory, Connector } from "./connector.ts";
import { cancellableDelay } from "./delay.ts";
import { addressHost, parseEndpoint } from "./endpoint.ts";
import { Flusher } from "./flusher.ts";
import { HandshakeGate } from "./handshake_gate.ts";
import { Link, type LinkContext, type LinkOwner } from "./link.ts";
import type { ByteStream } from "./network.ts";
import type {
  CloseOptions,
  ResolvedSocketOptions,
  SocketLimits,
} from "./socket_options.ts";
import {
  checkSecurity,
  createMechanism,
  mayBeUnsealed,
} from "./socket_mechanism.ts";

const LINGER_DEFAULT_MS = 1_000;
/** The clock is looked at this often at most and at least. */
const SWEEP_MIN_MS = 10;
const SWEEP_MAX_MS = 1_000;

/** What the kind of socket decides. */
export interface SocketKind {
  /** Our socket type. */
  readonly type: SocketType;
  /** Messages that wait for no link in particular. */
  readonly waitingMessages: number;
  /** Decides on a peer that has proven itself; a throw refuses it. */
  admit(link: Link, peer: ZmtpPeer): void;
  /** Hears that a link can be used. */
  joined(link: Link): void;
  /** Takes a message. */
  message(link: Link, parts: Uint8Array[]): void;
  /** Says where a large part of a message is to lie. Absent, anywhere. */
  readonly place?: PlacePart | undefined;
  /** Hears that a link's queue is half empty again. */
  drained(link: Link): void;
  /** Hears that a link that was usable has ended. */
  left(
    link: Link,
    reason: Error | undefined,
    unsent: (readonly Uint8Array[])[],
  ): void;
  /** Hears that an outgoing connection failed or ended. */
  failed(reason: Error, final: boolean): void;
}

/** The machinery under a socket. */
export class SocketCore implements LinkOwner {
  readonly #options: ResolvedSocketOptions;
  readonly #kind: SocketKind;
  readonly #metadata: Uint8Array;
  readonly #unsealedMetadata: Uint8Array;
  readonly #context: LinkContext;
  readonly #gate: HandshakeGate;
  readonly #links = new Set<Link>();
  readonly #acceptors = new Set<Acceptor>();
  readonly #connectors = new Set<Connector>();
  readonly #tasks = new Set<Promise<void>>();
  readonly #stories = new Map<Link, Error | undefined>();
  #readyCount = 0;
  #sweep: Timer | undefined;
  #closing: Promise<void> | undefined;
  #onFlushed: (() => void) | undefined;

  /** Takes resolved options; opens nothing. */
  constructor(options: ResolvedSocketOptions, kind: SocketKind) {
    this.#options = options;
    this.#kind = kind;
    this.#metadata = socketMetadata(kind.type, options.routingId);
    this.#unsealedMetadata = socketMetadata(kind.type, options.routingId, true);
    const { limits, clock, heartbeat } = options;
    this.#gate = new HandshakeGate(
      limits.handshakesMax,
      limits.handshakesPerAddressMax,
    );
    this.#context = {
      socketType: kind.type,
      clock,
      limits,
      heartbeat,
      pool: new BatchPool(),
      flusher: new Flusher(),
      owner: this,
      tally: options.tally,
    };
  }

  /** Connections now, ready or not. */
  get connectionCount(): number {
    return this.#links.size;
  }

  /** Whether `close` was called. */
  get closed(): boolean {
    return this.#closing !== undefined;
  }

  /** Listens; the actual endpoint. */
  async bind(endpoint: string): Promise<string> {
    parseEndpoint(endpoint);
    checkSecurity(endpoint, this.#options.security);
    this.#checkOpen("bind");
    const listener = await this.#options.network.listen(endpoint);
    if (this.#closing !== undefined) listener.close();
    this.#checkOpen("bind");
    const acceptor = new Acceptor({
      listener,
      clock: this.#options.clock,
      log: this.#options.log,
      onStream: (stream) => this.#accept(stream),
    });
    this.#acceptors.add(acceptor);
    this.#track(acceptor.run());
    return listener.endpoint;
  }

  /** Connects to one of the candidates, and reconnects. */
  connect(endpoints: readonly string[]): void {
    if (endpoints.length === 0) {
      throw new RangeError("Cannot connect: there are no endpoints");
    }
    for (const endpoint of endpoints) {
      const place = parseEndpoint(endpoint);
      checkSecurity(endpoint, this.#options.security);
      if (place.kind === "tcp" && place.port === 0) {
        throw new RangeError(`Cannot connect to ${endpoint}: it has no port`);
      }
    }
    this.#checkOpen("connect");
    const { network, clock, random, limits, refusedRetryMs, tally } =
      this.#options;
    const connector = new Connector({
      endpoints: [...endpoints],
      network,
      clock,
      random,
      limits,
      refusedRetryMs,
      tally,
      hold: (stream) => this.#hold(stream),
      onFailed: (reason, final) => {
        if (!this.closed) this.guard(() => this.#kind.failed(reason, final));
      },
    });
    this.#connectors.add(connector);
    this.#track(
      connector.run().finally(() => this.#connectors.delete(connector)),
    );
  }

  /** Writes what waits now, not when this turn is over. */
  flush(): void {
    this.#context.flusher.flush();
  }

  /** Writes what waits for up to `lingerMs`, then ends everything. */
  close(options: CloseOptions = {}): Promise<void> {
    this.#closing ??= this.#close(options.lingerMs ?? LINGER_DEFAULT_MS);
    return this.#closing;
  }

  /** Calls into the user's code, whose failures are not a peer's fault. */
  guard(callback: () => void): void {
    try {
      callback();
    } catch (error) {
      this.report(error);
    }
  }

  /** Has an error of the user's code end up where uncaught errors do. */
  report(error: unknown): void {
    this.#options.log.error("callback failed", { error: toError(error) });
    reportError(error);
  }

  /** Decides on a peer that has proven itself. */
  admit(link: Link, peer: ZmtpPeer): void {
    if (this.#readyCount >= this.#options.limits.peersMax) throw this.#full();
    this.#kind.admit(link, peer);
  }

  /** Counts a link in. */
  joined(link: Link): void {
    this.#readyCount++;
    if (link.incoming) this.#gate.leave(addressHost(link.address));
    this.#options.log.debug("peer joined", { address: link.address });
    if (!this.closed || this.#kind.waitingMessages > 0) this.#kind.joined(link);
  }

  /** Where large parts of messages are to lie. */
  get place(): PlacePart | undefined {
    return this.#kind.place;
  }

  /** Hands a message on. */
  message(link: Link, parts: Uint8Array[]): void {
    if (this.#closing !== undefined) return;
    try {
      this.#kind.message(link, parts);
    } catch (error) {
      this.report(error);
    }
  }

  /** Hands on that a queue is half empty. */
  drained(link: Link): void {
    if (!this.closed) this.guard(() => this.#kind.drained(link));
  }

  /** Lets a close go on that waits for queues to be written. */
  flushed(): void {
    this.#onFlushed?.();
  }

  /** Forgets a link. */
  ended(
    link: Link,
    reason: Error | undefined,
    unsent: (readonly Uint8Array[])[],
  ): void {
    this.#links.delete(link);
    this.#options.tally?.failed(reason);
    if (this.#stories.has(link)) this.#stories.set(link, reason);
    if (link.wasReady) {
      this.#readyCount--;
      this.#options.log.debug("peer left", { address: link.address, reason });
      this.#kind.left(link, reason, unsent);
    } else if (link.incoming) {
      this.#gate.leave(addressHost(link.address));
      if (reason !== undefined) this.#refused(link.address, reason, link);
    }
    this.#onFlushed?.();
  }

  #checkOpen(verb: string): void {
    if (this.#closing === undefined) return;
    throw new ConnectionError(`Cannot ${verb}: the socket is closed`);
  }

  #accept(stream: ByteStream): void {
    const refusal = this.#readyCount >= this.#options.limits.peersMax
      ? this.#full()
      : this.#gate.enter(addressHost(stream.address));
    if (refusal !== undefined) {
      stream.close();
      this.#options.tally?.failed(refusal);
      this.#refused(stream.address, refusal);
      return;
    }
    this.#track(this.#open(stream, true).run());
  }

  async #hold(stream: ByteStream): Promise<ConnectionStory> {
    const link = this.#open(stream, false);
    this.#stories.set(link, undefined);
    await link.run();
    const reason = this.#stories.get(link);
    this.#stories.delete(link);
    return {
      reason: reason ??
        new ConnectionError(
          `Cannot keep ${link.address}: the peer closed the connection`,
        ),
      readyMs: link.wasReady ? link.readyDurationMs : undefined,
    };
  }

  #open(stream: ByteStream, incoming: boolean): Link {
    const { security } = this.#options;
    const unsealed = mayBeUnsealed(stream.address, security);
    const mechanism = createMechanism({
      security,
      metadata: unsealed ? this.#unsealedMetadata : this.#metadata,
      unsealed,
      incoming,
      onKeyShown: (publicKey) => link.noteKey(publicKey),
    });
    const link: Link = new Link(this.#context, stream, mechanism, incoming);
    this.#links.add(link);
    this.#watch();
    return link;
  }

  #refused(address: string, reason: Error, link?: Link): void {
    this.#options.log.debug("peer refused", { address, reason });
    const { onRefused } = this.#options;
    if (onRefused === undefined || this.closed) return;
    const publicKey = link?.publicKey;
    this.guard(() =>
      onRefused(
        publicKey === undefined
          ? { address, reason }
          : { address, reason, publicKey },
      )
    );
  }

  #full(): LimitError {
    return new LimitError(
      `Cannot admit peer: ${this.#readyCount} peers are connected`,
      { limit: "peersMax" },
    );
  }

  /** Looks at the time while there are connections; one timer for all. */
  #watch(): void {
    if (this.#sweep !== undefined) return;
    const { clock } = this.#options;
    const everyMs = sweepIntervalMs(this.#options);
    const dueMs = clock.monotonic() + everyMs;
    this.#sweep = clock.setTimer(everyMs, () => {
      this.#sweep = undefined;
      const nowMs = clock.monotonic();
      const lateMs = nowMs - dueMs;
      for (const link of this.#links) {
        // While this process stood still, bytes may have come unread.
        if (lateMs > everyMs) link.forgive(lateMs);
        link.checkTime(nowMs);
      }
      this.#context.pool.trim();
      if (this.#links.size > 0) this.#watch();
    });
  }

  async #close(lingerMs: number): Promise<void> {
    for (const acceptor of this.#acceptors) acceptor.close();
    if (this.#kind.waitingMessages === 0 || lingerMs <= 0) {
      for (const connector of this.#connectors) connector.close();
    }
    this.#context.flusher.flush();
    if (lingerMs > 0) await this.#allFlushed(this.#options.clock, lingerMs);
    for (const connector of this.#connectors) connector.close();
    for (const link of this.#links) link.end(undefined);
    this.#sweep?.cancel();
    this.#sweep = undefined;
    while (this.#tasks.size > 0) await Promise.all(this.#tasks);
  }

  /** Waits until nothing is queued, or until the time is over. */
  async #allFlushed(clock: Clock, lingerMs: number): Promise<void> {
    const done = new AbortController();
    this.#onFlushed = () => {
      if (this.#nothingWaits()) done.abort();
    };
    this.#onFlushed();
    await cancellableDelay(clock, lingerMs, done.signal);
    this.#onFlushed = undefined;
  }

  #nothingWaits(): boolean {
    if (this.#kind.waitingMessages > 0 && this.#connectors.size > 0) {
      return false;
    }
    for (const link of this.#links) {
      if (link.ready && !link.flushed) return false;
    }
    return true;
  }

  /** Remembers a task until it settles; none of them rejects. */
  #track(task: Promise<void>): void {
    const tracked = task.catch((error: unknown) => this.report(error)).finally(
      () => this.#tasks.delete(tracked),
    );
    this.#tasks.add(tracked);
  }
}

/** A quarter of the shortest time that is watched. */
function sweepIntervalMs(options: {
  readonly limits: SocketLimits;
  readonly heartbeat: { readonly intervalMs: number };
}): number {
  const { limits, heartbeat } = options;
  const shortestMs = Math.min(
    limits.handshakeTimeoutMs,
    limits.stalledPeerTimeoutMs,
    heartbeat.intervalMs,
  );
  return Math.min(SWEEP_MAX_MS, Math.max(SWEEP_MIN_MS, shortestMs / 4));
}
