/**
 * The scheduler's connections, whether they are its own or those of leaves:
 * an engine behind a leaf is a peer like any other.
 *
 * @module
 */
import { type Logger, silentLogger, toError } from "../base/mod.ts";
import {
  RefusalTally,
  ServerLink,
  type ServerLinkOptions,
} from "../links/mod.ts";
import {
  type Begun,
  decodeEnvelopes,
  type LeafJoined,
  type Message,
  type PassOn,
  SCHEDULER_ACCEPTS,
} from "../messages/mod.ts";
import type { CloseOptions, Peer } from "../sockets/mod.ts";
import { FanOut } from "./fan_out.ts";

type Payload = readonly Uint8Array[];

/** Most engines at one leaf unless told otherwise. */
export const LEAF_ENGINES_MAX = 65_536;

/** The role of engines, and of the keys that leaves have. */
const ENGINE = "engine";
const SCHEDULER = "scheduler";

/** Options of {@linkcode TreeLink}. */
export interface TreeLinkOptions extends Omit<ServerLinkOptions, "accepts"> {
  /** The role of a key, in Z85; `undefined` where it has none. */
  readonly roleOf: (publicKey: string) => string | undefined;
  /** Most engines at one leaf. @default 65_536 */
  readonly leafEnginesMax?: number;
}

/** One leaf, and the engines behind it. */
interface LeafPeer {
  readonly routingId: string;
  readonly engines: Map<number, FarEngine>;
  readonly fanOut: FanOut;
}

/** An engine that is connected to a leaf. */
interface FarEngine extends Peer {
  readonly leaf: LeafPeer;
  readonly link: number;
}

/**
 * Speaks with clients, and with engines wherever they are connected. The
 * newest connection of a routing id takes the place of any other, here or at
 * a leaf, if it has proven the same key.
 */
export class TreeLink implements AsyncDisposable {
  readonly #options: TreeLinkOptions;
  readonly #log: Logger;
  readonly #link: ServerLink;
  readonly #refusals: RefusalTally;
  readonly #leaves = new Map<string, LeafPeer>();
  readonly #far = new Map<string, FarEngine>();
  /** Leaves to which something is to be said when this turn ends. */
  readonly #pending = new Set<LeafPeer>();

  /** Makes a link that is not bound yet. */
  constructor(options: TreeLinkOptions) {
    this.#options = options;
    this.#log = options.log ?? silentLogger;
    this.#refusals = new RefusalTally({
      log: this.#log,
      tally: options.socket.tally,
    });
    this.#link = new ServerLink({
      ...options,
      accepts: SCHEDULER_ACCEPTS,
      onMessage: (peer, message, payload) => {
        const leaf = this.#leaves.get(peer.routingId);
        if (leaf === undefined) options.onMessage(peer, message, payload);
        else this.#leafSaid(leaf, message, payload);
      },
      onJoined: (peer) => this.#joined(peer),
      onLeft: (peer, reason) => {
        const leaf = this.#leaves.get(peer.routingId);
        if (leaf === undefined) options.onLeft?.(peer, reason);
        else this.#leafLeft(leaf, reason);
      },
    });
  }

  /** Listens; the actual endpoint, with the port that was chosen. */
  bind(endpoint: string): Promise<string> {
    return this.#link.bind(endpoint);
  }

  /** Leaves that are connected. */
  get leafCount(): number {
    return this.#leaves.size;
  }

  /** Says something to a peer, now or when it is back. */
  send(routingId: string, message: Message, payload: Payload = []): boolean {
    const far = this.#far.get(routingId);
    if (far === undefined) return this.#link.send(routingId, message, payload);
    const { leaf, link } = far;
    if (this.#pending.size === 0) queueMicrotask(() => this.#flush());
    this.#pending.add(leaf);
    leaf.fanOut.add(link, message, payload);
    return true;
  }

  /** Begins to say something that is not here yet; not to those at leaves. */
  ahead(from: Peer, routingId: string, begun: Begun): PassOn | undefined {
    if (this.#far.has(routingId)) return undefined;
    return this.#link.ahead(from, routingId, begun);
  }

  /** The key that a routing id is bound to, in Z85. */
  keyOf(routingId: string): string | undefined {
    return this.#link.keyOf(routingId);
  }

  /** Keeps a routing id for one key; whoever has it with another goes. */
  reserve(routingId: string, publicKey: string): void {
    const far = this.#far.get(routingId);
    if (far !== undefined && far.publicKey !== publicKey) {
      this.#drop(far, "its routing id belongs to another key");
    }
    this.#link.reserve(routingId, publicKey);
  }

  /** Every connected peer, those at leaves and the leaves among them. */
  *peers(): Iterable<Peer> {
    yield* this.#link.peers();
    yield* this.#far.values();
  }

  /** Ends a peer's connection. */
  disconnect(routingId: string, reason: string): void {
    const far = this.#far.get(routingId);
    if (far === undefined) this.#link.disconnect(routingId, reason);
    else this.#drop(far, reason);
  }

  /** Forgets what waits for a peer that is not connected. */
  clear(routingId: string): void {
    this.#link.clear(routingId);
  }

  /** Forgets a peer that will not come back. */
  forget(routingId: string): void {
    this.#link.forget(routingId);
    // A connected one keeps its routing id, wherever it is connected.
    const far = this.#far.get(routingId);
    if (far !== undefined) this.#link.claim(routingId, far.publicKey);
  }

  /** Writes what waits for up to `lingerMs`, then ends everything. */
  async close(options?: CloseOptions): Promise<void> {
    this.#flush();
    await this.#link.close(options);
    this.#leaves.clear();
    this.#far.clear();
  }

  /** Closes with the default linger. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #flush(): void {
    const pending = [...this.#pending];
    this.#pending.clear();
    for (const leaf of pending) leaf.fanOut.flush();
  }

  #joined(peer: Peer): void {
    const { routingId } = peer;
    if (peer.role !== SCHEDULER) {
      const far = this.#far.get(routingId);
      if (far !== undefined) this.#drop(far, "it is connected elsewhere");
      return this.#options.onJoined?.(peer);
    }
    const before = this.#leaves.get(routingId);
    if (before !== undefined) this.#leafLeft(before, undefined);
    this.#log.info("leaf connects", { leaf: routingId, at: peer.address });
    this.#link.clear(routingId);
    this.#leaves.set(routingId, {
      routingId,
      engines: new Map(),
      fanOut: new FanOut((message, payload) =>
        void this.#link.send(routingId, message, payload)
      ),
    });
  }

  #leafLeft(leaf: LeafPeer, reason: Error | undefined): void {
    const { routingId, engines } = leaf;
    this.#log.warn("leaf disconnected", {
      leaf: routingId,
      engines: engines.size,
      reason: reason?.message,
    });
    this.#leaves.delete(routingId);
    this.#pending.delete(leaf);
    this.#link.forget(routingId);
    for (const far of [...engines.values()]) this.#farLeft(far, reason);
  }

  /** What a leaf says; the table of roles has refused everything else. */
  #leafSaid(leaf: LeafPeer, message: Message, payload: Payload): void {
    switch (message.type) {
      case "leaf_joined":
        return this.#farJoined(leaf, message);
      case "leaf_left": {
        const far = leaf.engines.get(message.link);
        if (far !== undefined) this.#farLeft(far, undefined);
        return;
      }
      case "leaf_said": {
        const far = leaf.engines.get(message.link);
        if (far !== undefined) this.#received(far, payload);
        return;
      }
      default:
    }
  }

  #farJoined(leaf: LeafPeer, message: LeafJoined): void {
    const { link, routingId, publicKey, address } = message;
    const problem = this.#problemWith(leaf, message);
    if (problem !== undefined) {
      this.#refuse({ publicKey, address }, "connection refused", problem);
      return this.#tellDrop(leaf, link, problem);
    }
    const before = this.#far.get(routingId);
    if (before !== undefined) {
      this.#drop(before, "it is connected elsewhere");
    }
    this.#link.disconnect(routingId, "it is connected to a leaf");
    this.#link.claim(routingId, publicKey);
    const far: FarEngine = {
      routingId,
      publicKey,
      role: ENGINE,
      address,
      queuedBytes: 0,
      queuedMessages: 0,
      leaf,
      link,
    };
    leaf.engines.set(link, far);
    this.#far.set(routingId, far);
    this.#options.onJoined?.(far);
  }

  /** Why an engine may not be connected to a leaf, if it may not. */
  #problemWith(
    { engines }: LeafPeer,
    { link, routingId, publicKey }: LeafJoined,
  ): string | undefined {
    if (engines.has(link)) return "its connection has the number of another";
    const { leafEnginesMax = LEAF_ENGINES_MAX, roleOf, socket } = this.#options;
    if (engines.size >= leafEnginesMax) {
      socket.tally?.reached("LEAF_ENGINES_MAX");
      return `its leaf has ${leafEnginesMax} engines already`;
    }
    if (roleOf(publicKey) !== ENGINE) {
      return "its key is not that of an engine";
    }
    const owner = this.#far.get(routingId)?.publicKey ?? this.keyOf(routingId);
    if (owner !== undefined) {
      return owner === publicKey
        ? undefined
        : "its routing id is taken by another key";
    }
    // A table that is full takes nobody new.
    return this.#link.claim(routingId, publicKey)
      ? undefined
      : "its routing id cannot be taken";
  }

  #farLeft(far: FarEngine, reason: Error | undefined): void {
    const { leaf, link, routingId } = far;
    leaf.engines.delete(link);
    if (this.#far.get(routingId) !== far) return;
    this.#far.delete(routingId);
    this.#options.onLeft?.(far, reason);
  }

  #drop(far: FarEngine, reason: string): void {
    this.#tellDrop(far.leaf, far.link, reason);
    this.#farLeft(far, undefined);
  }

  #tellDrop(leaf: LeafPeer, link: number, reason: string): void {
    const message = { type: "leaf_drop", link, reason } as const;
    this.#link.send(leaf.routingId, message);
  }

  /** What an engine has sent to its leaf, judged as if it had sent it here. */
  #received(far: FarEngine, frames: Payload): void {
    try {
      for (const { message, payload } of decodeEnvelopes(frames)) {
        if (SCHEDULER_ACCEPTS[ENGINE]?.has(message.type) === true) {
          this.#options.onMessage(far, message, payload);
          continue;
        }
        const reason = "a key with the role engine may not send it";
        const what = message.type;
        this.#refuse(far, "message refused", `${what}: ${reason}`);
        this.send(far.routingId, { type: "refused", what, reason });
      }
    } catch (thrown) {
      const error = toError(thrown);
      const { message } = error;
      this.#options.socket.tally?.failed(error);
      this.#refuse(far, "peer dropped", message);
      this.#drop(far, message);
    }
  }

  #refuse(
    peer: Pick<Peer, "publicKey" | "address">,
    event: string,
    reason: string,
  ): void {
    const { publicKey, address } = peer;
    const who = publicKey ?? address;
    const isFirst = this.#refusals.count(event, who, reason, { address });
    this.#options.onRefused?.({ address, publicKey, reason, isFirst });
  }
}
