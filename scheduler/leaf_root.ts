/**
 * A leaf's connection to its scheduler.
 *
 * @module
 */
import { type Logger, randomWord } from "../base/mod.ts";
import { ClientLink } from "../links/mod.ts";
import type { Message, SchedulerAddress } from "../messages/mod.ts";
import { decodeZ85 } from "../security/mod.ts";
import type { SocketOptions, SocketSecurity } from "../sockets/mod.ts";

/** Pause before a scheduler that refused our key is asked again. */
const REFUSED_RETRY_MS = 1_000;

/** Longest pause between attempts: few try, and many wait behind them. */
const RECONNECT_MAX_MS = 500;

type Payload = readonly Uint8Array[];

/** Options of {@linkcode LeafRoot}. */
export interface LeafRootOptions {
  /** Options of the socket but its security and its name. */
  readonly socket: Omit<SocketOptions, "security" | "routingId">;
  /** Our keys; the scheduler's take the place of the hub's. */
  readonly security: SocketSecurity;
  /** Where to say what happened. */
  readonly log: Logger;
  /** Takes what the scheduler says. */
  readonly onMessage: (message: Message, payload: Payload) => void;
  /** The connection stands, for the first time or again. */
  readonly onConnected: () => void;
  /** The connection is over, or goes to another scheduler. */
  readonly onLost: () => void;
  /** The connection takes more again. */
  readonly onDrained: () => void;
}

/** Connects to the scheduler that the hub names, for as long as it is open. */
export class LeafRoot {
  readonly #options: LeafRootOptions;
  readonly #closing = new Set<Promise<void>>();
  #link: ClientLink | undefined;
  #address: SchedulerAddress | undefined;
  #isClosed = false;

  /** Makes a connection to nobody yet. */
  constructor(options: LeafRootOptions) {
    this.#options = options;
  }

  /** Whether the connection stands now. */
  get connected(): boolean {
    return this.#link?.connected ?? false;
  }

  /** Whether the connection takes no more now. */
  isFull(): boolean {
    return this.#link?.isFull() ?? false;
  }

  /** Turns to the first of these schedulers, unless it is the same. */
  turnTo([address]: readonly SchedulerAddress[]): void {
    const before = this.#address;
    if (
      address === undefined ||
      (address.publicKey === before?.publicKey &&
        address.endpoints.join() === before.endpoints.join())
    ) return;
    this.#address = address;
    this.#connect(address);
  }

  /** Says something; what is said without a connection is not taken. */
  send(message: Message, payload?: Payload): boolean {
    return this.#link?.send(message, payload) ?? false;
  }

  /** Writes what waits for up to `lingerMs`, then ends. */
  async close(lingerMs: number): Promise<void> {
    this.#isClosed = true;
    await this.#link?.close({ lingerMs });
    await Promise.all(this.#closing);
  }

  #connect(address: SchedulerAddress): void {
    if (this.#isClosed) return;
    this.#discard();
    const { socket, security, log, onMessage, onConnected, onLost, onDrained } =
      this.#options;
    const link = new ClientLink({
      socket: {
        ...socket,
        limits: { reconnectDelayMaxMs: RECONNECT_MAX_MS },
        refusedRetryMs: REFUSED_RETRY_MS,
        security: security.kind === "curve-client"
          ? {
            ...security,
            serverKey: decodeZ85(address.publicKey),
            unsealedIpc: true,
          }
          : security,
        routingId: `l-${randomWord()}`,
      },
      log,
      // Engines are let in again, and say what they have.
      isForgetful: true,
      onMessage: (message, payload) => {
        if (this.#link === link) onMessage(message, payload);
      },
      onConnected: () => {
        if (this.#link === link) onConnected();
      },
      onDrained: () => {
        if (this.#link === link) onDrained();
      },
      onDisconnected: (reason) => {
        log.warn("scheduler disconnected", { reason: reason.message });
        if (this.#link === link) onLost();
      },
    });
    this.#link = link;
    link.connect(address.endpoints);
  }

  /** Ends a connection that another takes the place of. */
  #discard(): void {
    const link = this.#link;
    if (link === undefined) return;
    this.#link = undefined;
    this.#options.onLost();
    const closing = link.close({ lingerMs: 0 })
      .finally(() => this.#closing.delete(closing));
    this.#closing.add(closing);
  }
}
