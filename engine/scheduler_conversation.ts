/**
 * What an engine and its scheduler say to one another: readiness, tasks,
 * outcomes.
 *
 * @module
 */
import type { Clock, Logger, Timer } from "../base/mod.ts";
import {
  ClientLink,
  type ClientLinkOptions,
  routedEndpoints,
  type Routes,
} from "../links/mod.ts";
import {
  type ChannelNotice,
  isChannelNotice,
  type Message,
  type SchedulerAddress,
  type TaskAssign,
  type TaskEventAck,
} from "../messages/mod.ts";
import type { SocketOptions } from "../sockets/mod.ts";
import type { Payload } from "./slot_state.ts";

/** Who hears what the scheduler says. */
export interface SchedulerHandler {
  /** The connection stands, for the first time or again. */
  connected(): void;
  /** It knows the engine, which registered then. */
  known(since: number): void;
  /** Run this. */
  taskAssigned(task: TaskAssign, payload: Payload): void;
  /** This is a function's source. */
  sourceArrived(hash: string, source: Uint8Array): void;
  /** Do not run these. */
  tasksCancelled(ids: readonly string[], reason: string): void;
  /** Items and events of a task have arrived. */
  acknowledged(ack: TaskEventAck): void;
  /** Outcomes have arrived, or nobody wants them. */
  outcomesTaken(ids: readonly string[]): void;
  /** What tasks have told may be lost. */
  eventsWanted(ids: readonly string[]): void;
  /** Something about a channel or a group of a slot. */
  channelSaid(message: ChannelNotice, payload: Payload): void;
  /** The connection has ended. */
  disconnected(): void;
  /** Give these back, where they have not started; gives those back. */
  tasksRecalled(ids: readonly string[]): string[];
  /** The engine has to end. */
  end(reason: string): void;
}

/** What a conversation needs of a link. */
export type SchedulerLink = Pick<
  ClientLink,
  "connected" | "connect" | "send" | "close"
>;

/** Options of {@linkcode SchedulerConversation}. */
export interface SchedulerConversationOptions {
  /** Options of the socket towards a scheduler with this public key. */
  readonly socket: (publicKey: string) => SocketOptions;
  /** Where endpoints are to be reached instead, if elsewhere. */
  readonly routes?: Routes | undefined;
  /** Who hears what the scheduler says. */
  readonly handler: SchedulerHandler;
  /** Makes a link. @default one over a socket */
  readonly openLink?: (options: ClientLinkOptions) => SchedulerLink;
  /** Pause before a scheduler that refused our key is asked again. */
  readonly retryMs: number;
  /** How long one scheduler is tried before the next, where there are more. */
  readonly patienceMs: number;
  /** Time. */
  readonly clock: Clock;
  /** Where to say what happened. */
  readonly log: Logger;
}

/** The engine's side of the conversation with a scheduler. */
export class SchedulerConversation {
  readonly #options: SchedulerConversationOptions;
  readonly #closing = new Set<Promise<void>>();
  #link: SchedulerLink | undefined;
  /** Where to turn to, best first, and which of them has its turn. */
  #candidates: readonly SchedulerAddress[] = [];
  #turn = 0;
  #patience: Timer | undefined;
  #closed = false;

  /** Makes a conversation with nobody yet. */
  constructor(options: SchedulerConversationOptions) {
    this.#options = options;
  }

  /** Whether the connection stands now. */
  get connected(): boolean {
    return this.#link?.connected ?? false;
  }

  /**
   * Turns to the first of these schedulers, unless it is the same; to the
   * others in turn where it is not there, or is out of reach, until it hears
   * of schedulers again.
   */
  turnTo(schedulers: readonly SchedulerAddress[]): void {
    const candidates = inReach(schedulers, this.#options.routes);
    const [first] = candidates;
    if (first === undefined) return;
    const before = this.#candidates[this.#turn];
    this.#candidates = candidates;
    this.#turn = 0;
    if (!isSame(first, before)) this.#connect(first);
  }

  /** Says something; `false` when nobody takes it. */
  send(message: Message, payload?: Payload): boolean {
    return this.#link?.send(message, payload) ?? false;
  }

  /** Writes what waits for up to `lingerMs`, then ends. */
  async close(lingerMs: number): Promise<void> {
    this.#closed = true;
    this.#stopWaiting();
    await this.#link?.close({ lingerMs });
    await Promise.all(this.#closing);
  }

  #connect(address: SchedulerAddress): void {
    if (this.#closed) return;
    this.#discard(this.#link);
    const { log, handler, openLink, retryMs } = this.#options;
    const open = openLink ?? ((options) => new ClientLink(options));
    const link: SchedulerLink = open({
      socket: {
        ...this.#options.socket(address.publicKey),
        refusedRetryMs: retryMs,
      },
      // What it still holds is said again on each connection.
      isForgetful: true,
      log,
      onMessage: (message, payload) => this.#heard(message, payload),
      onConnected: () => {
        if (this.#link !== link) return;
        this.#stopWaiting();
        handler.connected();
      },
      onDisconnected: (reason) => {
        log.warn("scheduler disconnected", { reason: reason.message });
        if (this.#link !== link) return;
        handler.disconnected();
        this.#waitForAnother();
      },
    });
    this.#link = link;
    this.#stopWaiting();
    this.#waitForAnother();
    const { routes } = this.#options;
    link.connect(routedEndpoints(address.endpoints, routes));
  }

  /** Lets the next one have its turn, if this one is not there in time. */
  #waitForAnother(): void {
    if (this.#closed || this.#candidates.length < 2) return;
    const { clock, patienceMs } = this.#options;
    // Each attempt that fails ends a connection; they share the time.
    this.#patience ??= clock.setTimer(patienceMs, () => {
      this.#turn = (this.#turn + 1) % this.#candidates.length;
      const next = this.#candidates[this.#turn];
      if (next !== undefined) this.#connect(next);
    });
  }

  #stopWaiting(): void {
    this.#patience?.cancel();
    this.#patience = undefined;
  }

  /** Ends a connection that has been replaced. */
  #discard(link: SchedulerLink | undefined): void {
    if (link === undefined) return;
    const closing = link.close({ lingerMs: 0 })
      .finally(() => this.#closing.delete(closing));
    this.#closing.add(closing);
  }

  #heard(message: Message, payload: Payload): void {
    const { handler, log } = this.#options;
    switch (message.type) {
      case "task_assign":
        return handler.taskAssigned(message, payload);
      case "engine_known":
        return handler.known(message.since);
      case "function_source": {
        const [source] = payload;
        if (source !== undefined) handler.sourceArrived(message.hash, source);
        return;
      }
      case "task_cancel":
        return handler.tasksCancelled(message.ids, message.reason);
      case "task_event_ack":
        return handler.acknowledged(message);
      case "outcomes_taken":
        return handler.outcomesTaken(message.ids);
      case "task_events_wanted":
        return handler.eventsWanted(message.ids);
      case "task_recall": {
        const ids = handler.tasksRecalled(message.ids);
        if (ids.length > 0) this.send({ type: "task_returned", ids });
        return;
      }
      case "stop":
        return handler.end(message.reason);
      default:
        if (isChannelNotice(message)) {
          return handler.channelSaid(message, payload);
        }
        log.warn("scheduler said something else", { ...message });
    }
  }
}

/** Behind a tunnel, those that it leads to come first. */
function inReach(
  schedulers: readonly SchedulerAddress[],
  routes: Routes = {},
): readonly SchedulerAddress[] {
  const isRouted = ({ endpoints }: SchedulerAddress): boolean =>
    endpoints.some((endpoint) => Object.hasOwn(routes, endpoint));
  return [
    ...schedulers.filter(isRouted),
    ...schedulers.filter((address) => !isRouted(address)),
  ];
}

function isSame(
  address: SchedulerAddress,
  other: SchedulerAddress | undefined,
): boolean {
  return other !== undefined && address.publicKey === other.publicKey &&
    address.endpoints.join() === other.endpoints.join();
}
