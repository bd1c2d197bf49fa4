/**
 * The serving end of conversations: messages over a ROUTER socket.
 *
 * @module
 */
import {
  type LimitTally,
  type Logger,
  silentLogger,
  systemClock,
  toError,
} from "../base/mod.ts";
import {
  AlikeTasks,
  type Begun,
  decodeEnvelopes,
  type Envelope,
  isTransfer,
  type Message,
  Outbox,
  OUTBOX_MESSAGES_MAX,
  type PassOn,
  readBegun,
  type RoleTable,
} from "../messages/mod.ts";
import {
  type CloseOptions,
  FLEET_HEARTBEAT,
  isIpc,
  type Peer,
  type Refusal,
  RouterSocket,
  type SocketOptions,
} from "../sockets/mod.ts";
import { Linger, LINGER_DEFAULT_MS } from "./linger.ts";
import { RefusalTally } from "./refusal_tally.ts";
import { ROUTING_OWNERS_MAX, RoutingOwners } from "./routing_owners.ts";
import { Transfers } from "./transfers.ts";

/** What may wait for one peer. */
export interface WaitingLimits {
  /** Most messages. @default 4_194_304 */
  readonly messagesMax?: number;
  /** Most bytes of payload and output, beside one message. @default 2 GiB */
  readonly bytesMax?: number;
}

/**
 * Bytes that wait for one peer unless told otherwise. A peer that wants more
 * than this sent and does not read is a danger to all others.
 */
export const WAITING_BYTES_MAX: number = 2 * 2 ** 30;

/** Something that a peer may not do, for those who keep a record of it. */
export interface RefusedAct {
  /** Who did it; absent when it was not let in. */
  readonly peer?: Peer;
  /** Where it came from. */
  readonly address: string;
  /** The key it showed, in Z85, when it had come so far. */
  readonly publicKey?: string | undefined;
  /** Why it was refused. */
  readonly reason: string;
  /** Whether it is the first with this cause. */
  readonly isFirst: boolean;
}

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
  /**
   * Hears of a large message that has begun, which its sender may say; who
   * wants it takes it as it comes. It is no message before `onMessage`, and may
   * never be one.
   */
  readonly onBegun?: (peer: Peer, begun: Begun) => PassOn | undefined;
  /**
   * Takes all that a peer sends as it comes, instead of messages that its role
   * may say: for those who pass it on without a look.
   */
  readonly onFrames?: (peer: Peer, frames: readonly Uint8Array[]) => void;
  /** Hears that a peer is connected. */
  readonly onJoined?: (peer: Peer) => void;
  /** Hears that a peer's connection ended; it may come back. */
  readonly onLeft?: (peer: Peer, reason: Error | undefined) => void;
  /** Hears of connections and messages that were refused. */
  readonly onRefused?: (act: RefusedAct) => void;
  /** What may wait for one peer before it is dropped. */
  readonly waiting?: WaitingLimits;
  /**
   * Whether large messages to a peer travel in parts, which others pass.
   * @default true
   */
  readonly inParts?: boolean;
  /** Where to say what happened. */
  readonly log?: Logger;
}

/**
 * Speaks messages with many peers. What is said to a peer whose connection
 * is broken waits for it until it is forgotten; until then, no other key can
 * take its routing id.
 *
 * A peer that does not read is paused: nothing more is read from it, so that
 * it cannot ask for more. When more waits for it than the limits say, its
 * connection ends.
 */
export class ServerLink implements AsyncDisposable {
  readonly #socket: RouterSocket;
  readonly #options: ServerLinkOptions;
  readonly #log: Logger;
  readonly #outboxes = new Map<string, Outbox>();
  readonly #transfers = new Map<string, Transfers>();
  readonly #owners: RoutingOwners;
  readonly #encoder = new AlikeTasks();
  readonly #refusals: RefusalTally;
  readonly #tally: LimitTally | undefined;
  readonly #linger: Linger;
  #closing: Promise<void> | undefined;

  /** Makes a link that is not bound yet. */
  constructor(options: ServerLinkOptions) {
    this.#options = options;
    this.#log = options.log ?? silentLogger;
    const { tally } = options.socket;
    this.#tally = tally;
    this.#owners = new RoutingOwners(ROUTING_OWNERS_MAX, tally);
    this.#refusals = new RefusalTally({ log: this.#log, tally });
    this.#socket = new RouterSocket({
      heartbeat: FLEET_HEARTBEAT,
      ...options.socket,
      log: this.#log,
      onMessage: (peer, parts) => this.#received(peer, parts),
      mayTake: (routingId, key) => this.#owners.mayTake(routingId, key),
      onPeerJoined: (peer) => this.#joined(peer),
      onPeerLeft: (peer, reason) => this.#left(peer, reason),
      onDrained: (peer) => this.#drained(peer),
      onRefused: (refusal) => this.#refused(refusal),
    });
    this.#linger = new Linger({
      clock: options.socket.clock ?? systemClock,
      isDone: () => this.#hasLeft(),
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
    const outbox = this.#outboxes.get(routingId) ?? this.#open(routingId);
    if (outbox.post(message, payload)) return true;
    this.#overflow(routingId, outbox);
    return false;
  }

  /**
   * Begins to say to a peer what another has only begun to say; see
   * {@linkcode Outbox}. Not where both are on this host: one of the ways keeps
   * two processors busy, and there is no line to be filled meanwhile.
   */
  ahead(from: Peer, routingId: string, begun: Begun): PassOn | undefined {
    const to = this.#socket.peer(routingId);
    if (this.#closing !== undefined || to === undefined) return undefined;
    if (isIpc(from.address) && isIpc(to.address)) return undefined;
    const outbox = this.#outboxes.get(routingId) ?? this.#open(routingId);
    return outbox.ahead(begun);
  }

  /** Bytes of payload and output that wait for a peer. */
  waitingBytes(routingId: string): number {
    return (this.#outboxes.get(routingId)?.bytes ?? 0) +
      (this.#socket.peer(routingId)?.queuedBytes ?? 0);
  }

  /** How often each cause for a refusal was met. */
  get refusals(): ReadonlyMap<string, number> {
    return this.#refusals.counts;
  }

  /** The key that a routing id is bound to, in Z85. */
  keyOf(routingId: string): string | undefined {
    return this.#owners.keyOf(routingId);
  }

  /**
   * Keeps a routing id for one key before its owner has called; whoever has
   * it with another key is sent away.
   */
  reserve(routingId: string, publicKey: string): void {
    const peer = this.#socket.peer(routingId);
    if (peer !== undefined && peer.publicKey !== publicKey) {
      this.disconnect(routingId, "its routing id belongs to another key");
      this.forget(routingId);
    }
    this.#owners.take(routingId, publicKey);
  }

  /** Takes a routing id for a key, if nobody else has it. */
  claim(routingId: string, publicKey: string | undefined): boolean {
    if (!this.#owners.mayTake(routingId, publicKey)) return false;
    this.#owners.take(routingId, publicKey);
    return true;
  }

  /** Reads nothing from a peer until it is resumed. */
  pause(routingId: string): void {
    const peer = this.#socket.peer(routingId);
    if (peer !== undefined) this.#socket.pause(peer);
  }

  /** Reads from a peer again, unless it does not read itself. */
  resume(routingId: string): void {
    const peer = this.#socket.peer(routingId);
    if (peer === undefined) return;
    if (this.#outboxes.get(routingId)?.paused !== true) {
      this.#socket.resume(peer);
    }
  }

  /** Every connected peer. */
  peers(): Iterable<Peer> {
    return this.#socket.peers();
  }

  /** Ends a peer's connection. */
  disconnect(routingId: string, reason: string): void {
    const peer = this.#socket.peer(routingId);
    if (peer !== undefined) this.#socket.disconnect(peer, reason);
  }

  /**
   * Forgets what waits for a peer, which keeps its routing id: whoever
   * resumes says what is still to be said.
   */
  clear(routingId: string): void {
    this.#outboxes.get(routingId)?.clear();
  }

  /** Forgets a peer that will not come back, and what waits for it. */
  forget(routingId: string): void {
    this.#outboxes.get(routingId)?.clear();
    this.#outboxes.delete(routingId);
    this.#transfers.get(routingId)?.reset();
    this.#transfers.delete(routingId);
    // A connected peer keeps its routing id; its end will be heard of.
    if (this.#socket.peer(routingId) === undefined) {
      this.#owners.forget(routingId);
    }
  }

  /**
   * Writes what waits for up to `lingerMs`, large messages to their end, then
   * ends everything. Nothing that comes meanwhile is handed on.
   */
  close(options: CloseOptions = {}): Promise<void> {
    this.#closing ??= this.#close(options.lingerMs ?? LINGER_DEFAULT_MS);
    return this.#closing;
  }

  /** Closes with the default linger. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #close(lingerMs: number): Promise<void> {
    for (const outbox of this.#outboxes.values()) outbox.flush();
    const leftMs = this.#hasLeft()
      ? lingerMs
      : await this.#linger.wait(lingerMs);
    await this.#socket.close({ lingerMs: leftMs });
    for (const transfers of this.#transfers.values()) transfers.reset();
    this.#outboxes.clear();
    this.#transfers.clear();
  }

  /** Whether the sockets have all that was said to those who are there. */
  #hasLeft(): boolean {
    for (const { routingId } of this.#socket.peers()) {
      if ((this.#outboxes.get(routingId)?.length ?? 0) > 0) return false;
    }
    return true;
  }

  #joined(peer: Peer): void {
    if (this.#closing !== undefined) return;
    this.#owners.take(peer.routingId, peer.publicKey);
    this.#transfers.get(peer.routingId)?.reset();
    this.#options.onJoined?.(peer);
    this.#outboxes.get(peer.routingId)?.reconnected();
  }

  #left(peer: Peer, reason: Error | undefined): void {
    if (this.#closing !== undefined) return this.#linger.check();
    // The rest of a large message does not come any more.
    this.#transfers.get(peer.routingId)?.reset();
    this.#options.onLeft?.(peer, reason);
  }

  #open(routingId: string): Outbox {
    const { messagesMax, bytesMax = WAITING_BYTES_MAX } =
      this.#options.waiting ?? {};
    const outbox = new Outbox({
      bytesMax,
      ...(messagesMax === undefined ? {} : { messagesMax }),
      inParts: this.#options.inParts ?? true,
      encode: (envelopes) => this.#encoder.encode(envelopes),
      send: (frames) => this.#sendFrames(routingId, frames),
      write: () => this.#socket.flush(),
    });
    this.#outboxes.set(routingId, outbox);
    return outbox;
  }

  #sendFrames(
    routingId: string,
    frames: readonly Uint8Array[],
  ): "sent" | "full" | "gone" {
    const peer = this.#socket.peer(routingId);
    if (peer === undefined) return "full";
    const result = this.#socket.send(peer, frames);
    if (result === "full") this.#socket.pause(peer);
    return result;
  }

  /** What is joined of a peer's parts; most peers send none. */
  #transfersOf({ routingId }: Peer): Transfers {
    const known = this.#transfers.get(routingId);
    if (known !== undefined) return known;
    const outbox = this.#outboxes.get(routingId) ?? this.#open(routingId);
    const transfers = new Transfers(
      (frames) => this.#sendFrames(routingId, frames),
      outbox,
      {
        onBegun: this.#options.onBegun &&
          ((head, body) => this.#begun(routingId, readBegun(head, body))),
      },
    );
    this.#transfers.set(routingId, transfers);
    return transfers;
  }

  #drained(peer: Peer): void {
    this.#transfers.get(peer.routingId)?.pay();
    const outbox = this.#outboxes.get(peer.routingId);
    outbox?.flush();
    if (outbox?.paused !== true) this.#socket.resume(peer);
    this.#linger.check();
  }

  /** Too much waits: better to end with one peer than with all. */
  #overflow(routingId: string, outbox: Outbox): void {
    const reason = `${outbox.length} messages with ${outbox.bytes} bytes ` +
      "wait for it and it does not read";
    const key = this.#owners.keyOf(routingId);
    this.#tally?.reached(this.#overflowed(outbox));
    this.#refusals.count("peer dropped", key ?? routingId, "too much waits", {
      peer: routingId,
      what: reason,
    });
    outbox.clear();
    this.disconnect(routingId, reason);
  }

  /** Which limit of an outbox would have been exceeded. */
  #overflowed({ length }: Outbox): string {
    const { messagesMax } = this.#options.waiting ?? {};
    if (length < (messagesMax ?? OUTBOX_MESSAGES_MAX)) {
      return "WAITING_BYTES_MAX";
    }
    return messagesMax === undefined
      ? "OUTBOX_MESSAGES_MAX"
      : "WAITING_MESSAGES_MAX";
  }

  #begun(routingId: string, begun: Begun | undefined): PassOn | undefined {
    const peer = this.#socket.peer(routingId);
    if (
      begun === undefined || peer === undefined ||
      this.#closing !== undefined || !this.#mayBeSaid(peer, begun.message)
    ) return undefined;
    return this.#options.onBegun?.(peer, begun);
  }

  #received(peer: Peer, parts: Uint8Array[]): void {
    const transfers = isTransfer(parts) ? this.#transfersOf(peer) : undefined;
    try {
      const frames = transfers === undefined ? parts : transfers.take(parts);
      if (this.#closing !== undefined) return this.#linger.check();
      if (frames === undefined) return;
      if (this.#options.onFrames !== undefined) {
        return this.#options.onFrames(peer, frames);
      }
      const envelopes = decodeEnvelopes(frames);
      for (let index = 0; index < envelopes.length; index++) {
        const { message, payload } = envelopes[index] as Envelope;
        if (!this.#isAllowed(peer, message)) continue;
        this.#options.onMessage(peer, message, payload);
      }
    } catch (thrown) {
      const error = toError(thrown);
      this.#tally?.failed(error);
      this.#refuseAct(peer, "peer dropped", error.message);
      this.#socket.disconnect(peer, error.message);
    } finally {
      transfers?.looked();
    }
  }

  #roleOf(peer: Peer): string {
    return peer.role ?? this.#options.defaultRole ?? "";
  }

  #mayBeSaid(peer: Peer, message: Message): boolean {
    const role = this.#roleOf(peer);
    const { accepts } = this.#options;
    return Object.hasOwn(accepts, role) &&
      accepts[role]?.has(message.type) === true;
  }

  #isAllowed(peer: Peer, message: Message): boolean {
    if (this.#mayBeSaid(peer, message)) return true;
    const role = this.#roleOf(peer);
    const reason = `a key with the role ${role || "none"} may not send it`;
    this.#refuseAct(peer, "message refused", `${message.type}: ${reason}`);
    this.send(peer.routingId, { type: "refused", what: message.type, reason });
    return false;
  }

  #refuseAct(peer: Peer, event: string, reason: string): void {
    const { routingId, publicKey, address } = peer;
    const isFirst = this.#refusals.count(
      event,
      publicKey ?? routingId,
      reason,
      { peer: routingId, address },
    );
    this.#options.onRefused?.({ peer, address, publicKey, reason, isFirst });
  }

  #refused({ address, publicKey, reason }: Refusal): void {
    // Addresses have a port of their own for each try; messages name them.
    const host = address.replace(/:\d+$/, "");
    const isFirst = this.#refusals.count(
      "connection refused",
      publicKey ?? host,
      reason.message.replaceAll(address, "it"),
      { address },
    );
    const act = { address, publicKey, reason: reason.message, isFirst };
    this.#options.onRefused?.(act);
  }
}
