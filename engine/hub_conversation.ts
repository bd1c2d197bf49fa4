/**
 * What an engine and its hub say to one another: registration, heartbeats,
 * output, the end.
 *
 * @module
 */
import { type Clock, Lease, type Logger, type Timer } from "../base/mod.ts";
import { ClientLink, type ClientLinkOptions } from "../links/mod.ts";
import type {
  EngineEnd,
  EngineRegister,
  EngineRegistered,
  Heartbeat,
  Message,
  SchedulerAddress,
  SlotStack,
  StackRequest,
} from "../messages/mod.ts";
import type { SocketOptions } from "../sockets/mod.ts";

/**
 * Heartbeats that a hub may leave unanswered. With one more interval its
 * connection is given up, before the hub gives up the engine for its silence.
 */
export const HEARTBEATS_UNANSWERED_MAX = 2;
/** An answer may take so long on a machine that is busy. */
const ANSWER_MS = 1_000;

/** Who hears what the hub says. */
export interface HubHandler {
  /** The engine is in the cluster, for the first time or again. */
  registered(message: EngineRegistered): void;
  /** The schedulers are elsewhere now. */
  schedulersChanged(schedulers: readonly SchedulerAddress[]): void;
  /**
   * Somebody wants what runs to stop.
   *
   * @returns How many tasks are being stopped.
   */
  interrupted(): number;
  /**
   * Somebody sends the slots' processes a signal.
   *
   * @returns How many were sent it.
   */
  signalled(signal: string): number;
  /** Somebody wants to know what runs, or to debug it. */
  look(forDebugger: boolean): Promise<readonly SlotStack[]>;
  /** The engine has to end. */
  end(reason: string, cause?: Error): void;
}

/** What a conversation needs of a link. */
export type HubLink = Pick<
  ClientLink,
  "connected" | "waiting" | "connect" | "send" | "reconnect" | "close"
>;

/** Options of {@linkcode HubConversation}. */
export interface HubConversationOptions {
  /** Options of the socket. */
  readonly socket: SocketOptions;
  /** Who hears what the hub says. */
  readonly handler: HubHandler;
  /** What to register with, now. */
  readonly describe: () => EngineRegister;
  /** What to report, now. */
  readonly load: () => Heartbeat;
  /** Makes a link. @default one over a socket */
  readonly openLink?: (options: ClientLinkOptions) => HubLink;
  /** Time. */
  readonly clock: Clock;
  /** Where to say what happened. */
  readonly log: Logger;
}

/** The engine's side of the conversation with the hub. */
export class HubConversation {
  readonly #options: HubConversationOptions;
  readonly #link: HubLink;
  readonly #lease: Lease;
  #heartbeat: Timer | undefined;
  #intervalMs = 0;
  #engineId = 0;
  /** Heartbeats since anything was heard. */
  #unanswered = 0;
  /** When the first of them was said. */
  #unansweredMs = 0;

  /** Makes a conversation that has not begun. */
  constructor(options: HubConversationOptions) {
    this.#options = options;
    const { clock, log, handler } = options;
    const open = options.openLink ?? ((link) => new ClientLink(link));
    this.#lease = new Lease({
      clock,
      onExpired: (silentMs) =>
        handler.end(`no hub for ${(silentMs / 1000).toFixed(1)} s`),
    });
    this.#link = open({
      socket: options.socket,
      log,
      onMessage: (message) => this.#heard(message),
      onConnected: () => this.#register(),
      onDisconnected: (reason, final) => {
        log.warn("hub disconnected", { reason: reason.message });
        if (final) handler.end(`the hub refuses: ${reason.message}`, reason);
      },
    });
  }

  /** Connects, for as long as it takes. */
  connect(endpoints: readonly string[]): void {
    this.#link.connect(endpoints);
  }

  /** Messages that the socket has not taken yet. */
  get waiting(): number {
    return this.#link.waiting;
  }

  /** Says something; `false` when too much waits already. */
  send(message: Message): boolean {
    return this.#link.send(message);
  }

  /** Says goodbye and ends the connection. */
  async leave(end: EngineEnd, lingerMs: number): Promise<void> {
    this.#heartbeat?.cancel();
    this.#lease.stop();
    this.#link.send({ type: "engine_leaving", end });
    await this.#link.close({ lingerMs });
  }

  #register(): void {
    this.#link.send(this.#options.describe());
  }

  #heard(message: Message): void {
    this.#lease.renew();
    this.#unanswered = 0;
    switch (message.type) {
      case "engine_registered":
        return this.#registered(message);
      case "schedulers_changed":
        return this.#options.handler.schedulersChanged(message.schedulers);
      case "heartbeat_ack":
        // With many engines each of them says it less often.
        this.#intervalMs = message.intervalMs ?? this.#intervalMs;
        return;
      case "interrupt_request": {
        const engineId = this.#engineId;
        const engines = [{
          engineId,
          stopped: this.#options.handler.interrupted(),
        }];
        const { requestId } = message;
        this.#link.send({ type: "interrupt_reply", requestId, engines });
        return;
      }
      case "signal_request": {
        const engineId = this.#engineId;
        const signalled = this.#options.handler.signalled(message.signal);
        const { requestId } = message;
        const engines = [{ engineId, signalled }];
        this.#link.send({ type: "signal_reply", requestId, engines });
        return;
      }
      case "stack_request":
        return void this.#look(message);
      case "stop":
        return this.#options.handler.end(message.reason);
      case "refused":
        return this.#refused(message.what, message.reason);
      default:
        this.#options.log.warn("hub said something else", {
          type: message.type,
        });
    }
  }

  #registered(message: EngineRegistered): void {
    this.#lease.begin(message.leaseMs);
    this.#intervalMs = message.heartbeatIntervalMs;
    this.#engineId = message.engineId;
    this.#heartbeat?.cancel();
    this.#beatLater();
    this.#options.handler.registered(message);
  }

  async #look({ requestId, forDebugger }: StackRequest): Promise<void> {
    const engineId = this.#engineId;
    const slots = await this.#options.handler.look(forDebugger === true);
    const engines = [{ engineId, slots }];
    this.#link.send({ type: "stack_reply", requestId, engines });
  }

  #refused(what: string, reason: string): void {
    if (what === "engine_register") {
      return this.#options.handler.end(`the hub refuses: ${reason}`);
    }
    this.#options.log.warn("hub refused", { what, reason });
    // It has given us up, perhaps after a long sleep of this machine.
    if (what === "heartbeat") this.#register();
  }

  #beatLater(): void {
    this.#heartbeat = this.#options.clock.setTimer(this.#intervalMs, () => {
      this.#beat();
      this.#beatLater();
    });
  }

  /** Says that the engine is well, or finds that nobody hears it. */
  #beat(): void {
    if (!this.#link.connected) return;
    const nowMs = this.#options.clock.monotonic();
    if (this.#unanswered === 0) this.#unansweredMs = nowMs;
    if (
      this.#unanswered < HEARTBEATS_UNANSWERED_MAX ||
      nowMs - this.#unansweredMs < ANSWER_MS
    ) {
      this.#unanswered++;
      return void this.#link.send(this.#options.load());
    }
    this.#unanswered = 0;
    this.#options.socket.tally?.reached("HEARTBEATS_UNANSWERED_MAX");
    this.#link.reconnect(
      `it has not answered ${HEARTBEATS_UNANSWERED_MAX} heartbeats`,
    );
  }
}
