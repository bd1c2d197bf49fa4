/**
 * The hub as a process: sockets and timers around {@linkcode HubState}.
 *
 * @module
 */
import {
  type Clock,
  type Logger,
  silentLogger,
  systemClock,
  type Timer,
} from "../base/mod.ts";
import { ServerLink } from "../links/mod.ts";
import {
  type Heartbeat,
  HUB_ACCEPTS,
  type KeyEntry,
  type Message,
} from "../messages/mod.ts";
import type { Network, Peer, SocketSecurity } from "../sockets/mod.ts";
import { HubState } from "./hub_state.ts";
import type { HubTimes } from "./hub_times.ts";

/** How often the hub looks for those who are gone. */
const TICK_MS = 250;
/** How long the last words to everybody may take. */
const FAREWELL_LINGER_MS = 500;

/** Options of {@linkcode Hub}. */
export interface HubOptions {
  /** The hub's keys and whom it lets in. */
  readonly security: SocketSecurity;
  /** The keys that schedulers let in. */
  readonly keys: readonly KeyEntry[];
  /** The cluster's name; may be empty. */
  readonly clusterId: string;
  /** Name of this host. */
  readonly host: string;
  /** Process id of this process. */
  readonly pid: number;
  /** Times other than the defaults. */
  readonly times?: Partial<HubTimes>;
  /** Time. @default systemClock */
  readonly clock?: Clock;
  /** Where streams come from. */
  readonly network?: Network;
  /** Resident memory of this process in bytes. */
  readonly memoryBytes?: () => number;
  /** Where to say what happened. */
  readonly log?: Logger;
}

/** Registers, observes, answers; never on a task's path. */
export class Hub implements AsyncDisposable {
  /** Settles with the reason when the hub has ended. */
  readonly ended: Promise<string>;

  readonly #link: ServerLink;
  readonly #state: HubState;
  readonly #clock: Clock;
  readonly #log: Logger;
  readonly #options: HubOptions;
  readonly #resolveEnded: (reason: string) => void;
  #timer: Timer | undefined;
  #ending: Promise<void> | undefined;
  #onScheduler: (() => void)[] = [];

  /** Makes a hub that is not bound yet. */
  constructor(options: HubOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#log = options.log ?? silentLogger;
    const { promise, resolve } = Promise.withResolvers<string>();
    this.ended = promise;
    this.#resolveEnded = resolve;
    this.#link = new ServerLink({
      socket: {
        security: options.security,
        ...(options.clock === undefined ? {} : { clock: options.clock }),
        ...(options.network === undefined ? {} : { network: options.network }),
      },
      accepts: HUB_ACCEPTS,
      log: this.#log,
      onMessage: (peer, message) => this.#received(peer, message),
      onJoined: (peer) => this.#log.debug("peer connected", describe(peer)),
      onLeft: (peer, reason) => this.#left(peer, reason),
    });
    this.#state = new HubState({
      actions: {
        send: (routingId, message) => void this.#link.send(routingId, message),
        forget: (routingId) => this.#link.forget(routingId),
        end: (reason) => void this.stop(reason),
      },
      clusterId: options.clusterId,
      keys: options.keys,
      host: options.host,
      pid: options.pid,
      startedMs: this.#clock.now(),
      times: options.times,
    });
  }

  /** Listens; the actual endpoint, with the port that was chosen. */
  async bind(endpoint: string): Promise<string> {
    const bound = await this.#link.bind(endpoint);
    if (this.#timer === undefined) this.#tick();
    return bound;
  }

  /** Settles when a scheduler has registered. */
  schedulerReady(): Promise<void> {
    if (this.#state.schedulerCount > 0) return Promise.resolve();
    return new Promise((resolve) => this.#onScheduler.push(resolve));
  }

  /** Tells everybody and ends. */
  stop(reason: string): Promise<void> {
    this.#ending ??= this.#end(reason);
    return this.#ending;
  }

  /** Ends the hub. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.stop("the hub is closed");
  }

  async #end(reason: string): Promise<void> {
    this.#log.info("hub ends", { reason });
    this.#state.ending(reason);
    this.#timer?.cancel();
    await this.#link.close({ lingerMs: FAREWELL_LINGER_MS });
    this.#resolveEnded(reason);
  }

  #tick(): void {
    this.#timer = this.#clock.setTimer(TICK_MS, () => {
      this.#state.tick(this.#clock.monotonic());
      if (this.#ending === undefined) this.#tick();
    });
  }

  #left(peer: Peer, reason: Error | undefined): void {
    this.#log.debug("peer disconnected", {
      ...describe(peer),
      reason: reason?.message,
    });
    this.#state.disconnected(peer.routingId, this.#clock.monotonic());
  }

  #received(peer: Peer, message: Message): void {
    const from = peer.routingId;
    const nowMs = this.#clock.monotonic();
    const wallMs = this.#clock.now();
    const state = this.#state;
    switch (message.type) {
      case "engine_register":
        this.#log.info("engine registers", {
          ...describe(peer),
          host: message.host,
          pid: message.pid,
          slots: message.slots,
        });
        return state.engineRegister(from, message, nowMs, wallMs);
      case "engine_leaving":
        this.#log.info("engine leaves", { engine: from, ...message.end });
        return state.engineLeaving(from, message.end);
      case "client_connect":
        this.#log.info("client connects", describe(peer));
        return state.clientConnect(from, message, nowMs);
      case "scheduler_register":
        this.#log.info("scheduler registers", describe(peer));
        state.schedulerRegister(from, message, nowMs);
        for (const resolve of this.#onScheduler.splice(0)) resolve();
        return;
      case "heartbeat":
        return state.heartbeat(from, message, nowMs, wallMs);
      case "output":
        return state.output(from, message);
      case "status_request":
        return state.statusRequest(from, message, nowMs, wallMs, this.#load());
      case "shutdown_request": {
        const { targets, hub } = message;
        this.#log.info("shutdown requested", { client: from, targets, hub });
        return state.shutdownRequest(from, message, nowMs);
      }
      case "interrupt_request":
      case "stack_request":
        return state.question(from, message, nowMs);
      case "interrupt_reply":
      case "stack_reply":
        return state.answer(from, message);
      default:
        // The table of roles has refused everything else already.
    }
  }

  #load(): Heartbeat {
    return {
      type: "heartbeat",
      running: 0,
      queued: 0,
      finished: 0,
      memoryBytes: this.#options.memoryBytes?.() ?? 0,
    };
  }
}

function describe(peer: Peer): { peer: string; role: string; address: string } {
  return {
    peer: peer.routingId,
    role: peer.role ?? "none",
    address: peer.address,
  };
}
