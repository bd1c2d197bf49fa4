/**
 * A leaf of the tree of schedulers: it has the connections of engines, and
 * one to the scheduler, which decides. It keeps nothing: whoever loses the
 * leaf connects again, here or elsewhere, and says what it has.
 *
 * @module
 */
import {
  bytesOf,
  type Clock,
  ConnectionError,
  LimitTally,
  type Logger,
  randomWord,
  silentLogger,
  systemClock,
} from "../base/mod.ts";
import { bindLocal, type RefusedAct, ServerLink } from "../links/mod.ts";
import {
  type KeyEntry,
  type LeafTell,
  type Message,
  PROTOCOL_VERSION,
  readMessage,
} from "../messages/mod.ts";
import { encodeZ85 } from "../security/mod.ts";
import type { Peer, SocketOptions } from "../sockets/mod.ts";
import { AuditReporter } from "./audit_reporter.ts";
import { toldTo } from "./fan_out.ts";
import { HubConversation } from "./hub_conversation.ts";
import { LeafRoot } from "./leaf_root.ts";
import type { LeafOptions } from "./leaf_options.ts";
import { SaidBatch } from "./said_batch.ts";

type Payload = readonly Uint8Array[];

/** How long last words may take. */
const FAREWELL_LINGER_MS = 500;

/** What an engine has sent. */
interface Said {
  readonly link: number;
  readonly frames: Payload;
}

/** Passes on what a scheduler and its engines say. */
export class Leaf implements AsyncDisposable {
  /** Settles with the reason when the leaf has ended. */
  readonly ended: Promise<string>;

  readonly #options: LeafOptions;
  readonly #clock: Clock;
  /** Limits that were reached here. */
  readonly #tally = new LimitTally();
  readonly #log: Logger;
  readonly #link: ServerLink;
  readonly #hub: HubConversation;
  readonly #root: LeafRoot;
  readonly #audit: AuditReporter;
  readonly #said: SaidBatch<Said>;
  readonly #resolveEnded: (reason: string) => void;
  /** The engines by the numbers of their connections, and those by engine. */
  readonly #engines = new Map<number, string>();
  readonly #links = new Map<string, number>();
  /** Engines that are not read from while the scheduler takes no more. */
  readonly #paused = new Set<string>();
  #nextLink = 0;
  #roles: ReadonlyMap<string, string> = new Map();
  #bound = "";
  #ending: Promise<void> | undefined;

  /** Makes a leaf that is not bound yet. */
  constructor(options: LeafOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#log = options.log ?? silentLogger;
    const { promise, resolve } = Promise.withResolvers<string>();
    this.ended = promise;
    this.#resolveEnded = resolve;
    const shared = {
      tally: this.#tally,
      ...(options.clock === undefined ? {} : { clock: options.clock }),
      ...(options.network === undefined ? {} : { network: options.network }),
    };
    this.#audit = new AuditReporter(
      this.#clock,
      (message) => this.#hub.send(message),
      this.#tally,
    );
    this.#said = new SaidBatch(this.#clock, ({ link, frames }) => {
      this.#root.send({ type: "leaf_said", link }, frames);
    });
    this.#link = new ServerLink({
      socket: {
        ...shared,
        security: {
          kind: "curve-server",
          unsealedIpc: true,
          crypto: options.crypto,
          keyPair: options.keyPair,
          authorize: (key) => this.#roleOf(encodeZ85(key)),
        },
      },
      accepts: {},
      log: this.#log,
      onMessage: () => {},
      onFrames: (peer, frames) => this.#engineSaid(peer.routingId, frames),
      onJoined: (peer) => this.#joined(peer),
      onLeft: (peer) => this.#left(peer),
      onRefused: (act) => this.#refused(act),
    });
    this.#hub = this.#makeHub({
      ...shared,
      security: options.hub.security,
      routingId: `l-${randomWord()}`,
    });
    this.#root = new LeafRoot({
      socket: shared,
      security: options.hub.security,
      log: this.#log,
      onMessage: (message, payload) => this.#rootSaid(message, payload),
      onConnected: () => this.#hub.register(),
      onLost: () => this.#rootLost(),
      onDrained: () => this.#readOn(),
    });
  }

  /** Listens, at a Unix socket of this host as well, then tells the hub. */
  async start(endpoint: string, local?: string): Promise<string> {
    this.#bound = await this.#link.bind(endpoint);
    await bindLocal(this.#link, local, this.#log);
    this.#hub.connect(this.#options.hub.endpoints);
    return this.#bound;
  }

  /** Ends in good order. */
  stop(reason: string): Promise<void> {
    this.#ending ??= this.#end(reason);
    return this.#ending;
  }

  /** The same. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.stop("the leaf is closed");
  }

  async #end(reason: string): Promise<void> {
    this.#log.info("leaf ends", { reason });
    this.#hub.stop();
    this.#audit.stop();
    this.#said.flush();
    this.#said.clear();
    await Promise.all([
      this.#hub.close(FAREWELL_LINGER_MS),
      this.#root.close(FAREWELL_LINGER_MS),
      this.#link.close({ lingerMs: FAREWELL_LINGER_MS }),
    ]);
    this.#resolveEnded(reason);
  }

  /** Only engines come here, and only while there is a scheduler for them. */
  #roleOf(key: string): string | undefined {
    if (!this.#root.connected) {
      throw new ConnectionError(
        "Cannot let anybody in: the scheduler is not here yet",
      );
    }
    const role = this.#roles.get(key);
    return role === "engine" ? role : undefined;
  }

  #makeHub(socket: SocketOptions): HubConversation {
    const { host, pid, keyPair, candidates, leaseMs } = this.#options;
    return new HubConversation({
      socket,
      clock: this.#clock,
      log: this.#log,
      leaseMs,
      describe: () => ({
        type: "scheduler_register",
        protocol: PROTOCOL_VERSION,
        host,
        pid,
        leaf: this.#root.connected ? "ready" : "waiting",
        address: {
          endpoints: [...candidates(this.#bound)],
          publicKey: encodeZ85(keyPair.publicKey),
        },
      }),
      load: () => ({
        running: 0,
        queued: 0,
        finished: 0,
        memoryBytes: this.#options.memoryBytes?.() ?? 0,
        engines: this.#engines.size,
        ...this.#tally.field,
      }),
      handler: {
        registered: ({ keys }) => {
          this.#setKeys(keys);
          this.#audit.start();
        },
        said: (message) => this.#heard(message),
        end: (reason) => void this.stop(reason),
      },
    });
  }

  /** What the hub says. */
  #heard(message: Message): void {
    switch (message.type) {
      case "schedulers_changed":
        return this.#root.turnTo(message.schedulers);
      case "keys_changed":
        return this.#setKeys(message.keys);
      default:
        return;
    }
  }

  #setKeys(keys: readonly KeyEntry[]): void {
    this.#roles = new Map(
      keys.map(({ publicKey, role }) => [publicKey, role]),
    );
    for (const { routingId, publicKey = "" } of [...this.#link.peers()]) {
      if (this.#roles.get(publicKey) === "engine") continue;
      this.#link.disconnect(routingId, "its key was revoked");
    }
  }

  #refused({ publicKey, address, reason }: RefusedAct): void {
    this.#audit.add("refused", { publicKey, address, detail: reason });
  }

  #joined({ routingId, publicKey = "", address }: Peer): void {
    // It may take the place of an earlier connection of the same engine.
    this.#linkEnded(routingId);
    const link = this.#nextLink++;
    this.#engines.set(link, routingId);
    this.#links.set(routingId, link);
    this.#link.clear(routingId);
    const type = "leaf_joined";
    const isTold = this.#root
      .send({ type, link, routingId, publicKey, address });
    if (!isTold) this.#link.disconnect(routingId, "the scheduler is gone");
  }

  #left({ routingId }: Peer): void {
    this.#linkEnded(routingId);
    // It comes back as another connection, or not at all.
    this.#link.forget(routingId);
  }

  /** The connection of an engine is over. */
  #linkEnded(routingId: string): void {
    const link = this.#links.get(routingId);
    if (link === undefined) return;
    this.#links.delete(routingId);
    this.#engines.delete(link);
    this.#paused.delete(routingId);
    this.#said.flush();
    this.#root.send({ type: "leaf_left", link });
  }

  #engineSaid(routingId: string, frames: Payload): void {
    const link = this.#links.get(routingId);
    if (link === undefined) return;
    this.#said.add({ link, frames }, bytesOf(frames));
    if (!this.#root.isFull()) return;
    // What it says waits on its side, as it would without a leaf.
    this.#link.pause(routingId);
    this.#paused.add(routingId);
  }

  #readOn(): void {
    const paused = [...this.#paused];
    this.#paused.clear();
    for (const routingId of paused) this.#link.resume(routingId);
  }

  /** What the scheduler says. */
  #rootSaid(message: Message, payload: Payload): void {
    switch (message.type) {
      case "leaf_tell":
        return this.#tell(message, payload);
      case "leaf_drop": {
        const routingId = this.#engines.get(message.link);
        if (routingId === undefined) return;
        return this.#link.disconnect(routingId, message.reason);
      }
      default:
        this.#log.warn("scheduler said something else", {
          type: message.type,
        });
    }
  }

  #tell({ links, message, ids }: LeafTell, payload: Payload): void {
    const told = readMessage(message);
    for (let index = 0; index < links.length; index++) {
      const routingId = this.#engines.get(links[index] ?? -1);
      // The connection that this was for is over.
      if (routingId === undefined) continue;
      this.#link.send(routingId, toldTo(told, ids?.[index]), payload);
    }
  }

  /** Without a scheduler the engines are to connect and say what they have. */
  #rootLost(): void {
    this.#said.clear();
    this.#engines.clear();
    this.#links.clear();
    this.#paused.clear();
    for (const { routingId } of [...this.#link.peers()]) {
      this.#link.disconnect(routingId, "the scheduler is gone");
    }
  }
}
