/**
 * What a scheduler or one of its leaves and the hub say to one another:
 * registration, heartbeats, the end.
 *
 * @module
 */
import { type Clock, Lease, type Logger, type Timer } from "../base/mod.ts";
import { ClientLink, type ClientLinkOptions } from "../links/mod.ts";
import type {
  Heartbeat,
  Message,
  SchedulerRegister,
  SchedulerRegistered,
} from "../messages/mod.ts";
import type { SocketOptions } from "../sockets/mod.ts";

/** Who hears what the hub says. */
export interface HubHandler {
  /** The hub knows this process, for the first time or again. */
  registered(message: SchedulerRegistered): void;
  /** Something else. */
  said(message: Message): void;
  /** This process has to end. */
  end(reason: string): void;
}

/** What a conversation needs of a link. */
export type HubLink = Pick<ClientLink, "connect" | "send" | "close">;

/** How long the hub may be away unless told otherwise. */
const LEASE_MS = 60_000;

/** Options of {@linkcode HubConversation}. */
export interface HubConversationOptions {
  /** Options of the socket. */
  readonly socket: SocketOptions;
  /** Who hears what the hub says. */
  readonly handler: HubHandler;
  /** What to register with, now. */
  readonly describe: () => SchedulerRegister;
  /** What to report, now. */
  readonly load: () => Omit<Heartbeat, "type">;
  /** How long to go on without a hub. @default 60_000 */
  readonly leaseMs?: number | undefined;
  /** Makes a link. @default one over a socket */
  readonly openLink?: (options: ClientLinkOptions) => HubLink;
  /** Time. */
  readonly clock: Clock;
  /** Where to say what happened. */
  readonly log: Logger;
}

/** The scheduler's side of the conversation with the hub. */
export class HubConversation {
  readonly #options: HubConversationOptions;
  readonly #link: HubLink;
  readonly #lease: Lease;
  #heartbeat: Timer | undefined;
  #isClosed = false;

  /** Makes a conversation that has not begun. */
  constructor(options: HubConversationOptions) {
    this.#options = options;
    const { clock, log, handler, socket } = options;
    this.#lease = new Lease({
      clock,
      onExpired: (silentMs) =>
        handler.end(`no hub for ${(silentMs / 1000).toFixed(0)} s`),
    });
    const open = options.openLink ?? ((link) => new ClientLink(link));
    this.#link = open({
      socket,
      log,
      onMessage: (message) => this.#heard(message),
      onConnected: () => this.register(),
      onDisconnected: (reason, final) => {
        log.warn("hub disconnected", { reason: reason.message });
        if (final) handler.end(reason.message);
      },
    });
  }

  /** Connects, for as long as the lease lasts. */
  connect(endpoints: readonly string[]): void {
    this.#lease.begin(this.#options.leaseMs ?? LEASE_MS);
    this.#link.connect(endpoints);
  }

  /** Says who this is, and how it is now. */
  register(): void {
    this.#link.send(this.#options.describe());
  }

  /** Says something. */
  send(message: Message, payload?: readonly Uint8Array[]): void {
    this.#link.send(message, payload);
  }

  /** Says nothing more by itself. */
  stop(): void {
    this.#isClosed = true;
    this.#heartbeat?.cancel();
    this.#lease.stop();
  }

  /** Writes what waits for up to `lingerMs`, then ends the connection. */
  close(lingerMs: number): Promise<void> {
    this.stop();
    return this.#link.close({ lingerMs });
  }

  #heard(message: Message): void {
    this.#lease.renew();
    const { handler } = this.#options;
    switch (message.type) {
      case "scheduler_registered":
        handler.registered(message);
        return this.#beatEvery(message.heartbeatIntervalMs);
      case "stop":
        return handler.end(message.reason);
      case "refused":
        return this.#refused(message.what, message.reason);
      default:
        return handler.said(message);
    }
  }

  /** A hub that did not hear from us for long has given us up: we go on. */
  #refused(what: string, reason: string): void {
    if (what !== "heartbeat") {
      return this.#options.handler.end(`the hub refused it: ${reason}`);
    }
    this.#options.log.warn("hub refused", { what, reason });
    this.register();
  }

  #beatEvery(intervalMs: number): void {
    this.#heartbeat?.cancel();
    if (this.#isClosed) return;
    this.#heartbeat = this.#options.clock.setTimer(intervalMs, () => {
      this.#link.send({ type: "heartbeat", ...this.#options.load() });
      this.#beatEvery(intervalMs);
    });
  }
}
