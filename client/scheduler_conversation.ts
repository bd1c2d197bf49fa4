/**
 * What a client and its scheduler say to one another: requests, outcomes, and
 * what either has of the other when they meet again.
 *
 * @module
 */
import type { Clock, Logger } from "../base/mod.ts";
import {
  ClientLink,
  type ClientLinkOptions,
  routedEndpoints,
  type Routes,
} from "../links/mod.ts";
import type {
  Message,
  SchedulerAddress,
  TaskOutcome,
  TaskRequest,
} from "../messages/mod.ts";
import type { SocketOptions } from "../sockets/mod.ts";
import { OutcomeAcks } from "./outcome_acks.ts";
import { RequestKeeper } from "./request_keeper.ts";
import { SourceUnits } from "./source_units.ts";

type Payload = readonly Uint8Array[];

/** Sources that a scheduler is known to have; then they are sent anew. */
export const SENT_UNITS_MAX = 65_536;

/** Tasks that are cancelled with one message, or the last that adds to it. */
export const CANCELS_TOGETHER_MAX = 1_024;

/**
 * Pause before a scheduler that refused our key is asked again: it hears of a
 * new key a little later than the hub, which says when a key is refused.
 */
const REFUSED_RETRY_MS = 200;

/** Who hears what the scheduler says. */
export interface SchedulerHandler {
  /** The connection stands, for the first time or again. */
  connected(): void;
  /** It has ended, and is tried again. */
  disconnected(reason: Error): void;
  /** A task has ended. */
  outcome(outcome: TaskOutcome, payload: Payload): void;
  /** Something else. */
  said(message: Message, payload: Payload): void;
}

/** What a conversation needs of a link. */
export type SchedulerLink = Pick<
  ClientLink,
  "connected" | "isSending" | "connect" | "send" | "close"
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
  /** Time. */
  readonly clock: Clock;
  /** Where to say what happened. */
  readonly log: Logger;
}

/** The client's side of the conversation with a scheduler. */
export class SchedulerConversation {
  readonly #options: SchedulerConversationOptions;
  readonly #requests = new RequestKeeper();
  readonly #acks: OutcomeAcks;
  readonly #units = new SourceUnits(() => this.#requests.hashes());
  readonly #sentUnits = new Set<string>();
  #link: SchedulerLink | undefined;
  #key = "";
  #session = "";
  /** Tasks to cancel that this step has named so far. */
  #cancels: { readonly ids: string[]; readonly reason: string } | undefined;

  /** Makes a conversation with nobody yet. */
  constructor(options: SchedulerConversationOptions) {
    this.#options = options;
    this.#acks = new OutcomeAcks(
      options.clock,
      (count) => void this.send({ type: "outcomes_ack", count }),
    );
  }

  /** Whether the connection stands now. */
  get connected(): boolean {
    return this.#link?.connected === true;
  }

  /** Requests without outcome. */
  get outstanding(): number {
    return this.#requests.size;
  }

  /** Whether a scheduler is known. */
  get isKnown(): boolean {
    return this.#link !== undefined;
  }

  /** Whether something that was said has not been written yet. */
  get isSending(): boolean {
    if (this.#link === undefined) return false;
    return this.#link.isSending ||
      (!this.#link.connected && this.#requests.size > 0);
  }

  /** Turns to a scheduler, unless it is the same. */
  turnTo(address: SchedulerAddress | undefined): void {
    if (address === undefined || address.publicKey === this.#key) return;
    this.#key = address.publicKey;
    this.#connect(address);
  }

  #connect(address: SchedulerAddress): void {
    const before = this.#link;
    const { log, handler, socket, routes, openLink } = this.#options;
    const open = openLink ?? ((options) => new ClientLink(options));
    const link: SchedulerLink = open({
      socket: {
        ...socket(address.publicKey),
        refusedRetryMs: REFUSED_RETRY_MS,
      },
      log,
      isForgetful: true,
      readsPayload: true,
      onMessage: (message, payload) => {
        if (this.#link === link) this.#heard(message, payload);
      },
      onConnected: () => {
        if (this.#link === link) this.#connected();
      },
      onDisconnected: (reason) => {
        if (this.#link === link) handler.disconnected(reason);
      },
    });
    this.#link = link;
    void before?.close({ lingerMs: 0 });
    link.connect(routedEndpoints(address.endpoints, routes));
  }

  /** Says something; `false` when nobody takes it now. */
  send(message: Message, payload?: Payload): boolean {
    return this.#link?.send(message, payload) ?? false;
  }

  /**
   * Sends a request, now or with the next connection.
   *
   * @returns Whether there was room for it.
   */
  request(message: TaskRequest, payload: Payload): boolean {
    if (!this.#requests.add(message, payload)) return false;
    if (!this.connected || this.send(message, payload)) return true;
    this.#requests.drop(message.id);
    return false;
  }

  /** Sends a function's unit, if it is not there. */
  sendUnit(hash: string, unit: Uint8Array): void {
    this.#units.add(hash, unit);
    if (!this.connected || this.#sentUnits.has(hash)) return;
    // It may be sent twice; it must not be remembered for ever.
    if (this.#sentUnits.size >= SENT_UNITS_MAX) this.#sentUnits.clear();
    this.#sentUnits.add(hash);
    this.send({ type: "function_source", hash }, [unit]);
  }

  /** Asks for tasks not to run: in one message for all that one step names. */
  cancel(ids: readonly string[], reason: string): void {
    for (const id of ids) this.#requests.cancelled(id, reason);
    const said = this.#cancels;
    if (
      said !== undefined && said.reason === reason &&
      said.ids.length < CANCELS_TOGETHER_MAX
    ) {
      for (const id of ids) said.ids.push(id);
      return;
    }
    this.#sayCancels();
    this.#cancels = { ids: [...ids], reason };
    queueMicrotask(() => this.#sayCancels());
  }

  #sayCancels(): void {
    const said = this.#cancels;
    this.#cancels = undefined;
    if (said !== undefined) this.send({ type: "task_cancel", ...said });
  }

  /** A task failed here: nobody asks for it again. */
  given(id: string): void {
    this.#requests.ended(id);
  }

  /** Says goodbye and ends. */
  async close(lingerMs: number): Promise<void> {
    const link = this.#link;
    this.#acks.stop();
    this.#sayCancels();
    this.send({ type: "client_leaving" });
    // Nothing is heard any more.
    this.#link = undefined;
    await link?.close({ lingerMs });
  }

  /** Says what is here and what is missing. */
  #connected(): void {
    const { handler } = this.#options;
    this.#sentUnits.clear();
    this.#acks.stop();
    // They are among those that are said below.
    this.#cancels = undefined;
    this.send({
      type: "client_resume",
      session: this.#session,
      received: this.#acks.received,
    });
    for (const { message, payload } of this.#requests.fates()) {
      this.send(message, payload);
    }
    for (const { message, payload, hash = "" } of this.#requests.requests()) {
      const unit = this.#units.get(hash);
      if (unit !== undefined) this.sendUnit(hash, unit);
      this.send(message, payload);
    }
    for (const [reason, ids] of this.#requests.cancels()) {
      this.send({ type: "task_cancel", ids, reason });
    }
    handler.connected();
  }

  #heard(message: Message, payload: Payload): void {
    const { handler } = this.#options;
    switch (message.type) {
      case "client_resumed": {
        if (message.session !== this.#session) this.#requests.sessionChanged();
        this.#session = message.session;
        return this.#acks.startAt(message.next);
      }
      case "task_outcome":
        // Without a place it is one that no session keeps, such as a refusal.
        if (message.place !== undefined) this.#acks.add(message.place, payload);
        this.#requests.ended(message.id, message, payload);
        return handler.outcome(message, payload);
      case "function_missing": {
        const unit = this.#units.get(message.hash);
        if (unit !== undefined) {
          const { hash } = message;
          this.send({ type: "function_source", hash }, [unit]);
        }
        return;
      }
      default:
        return handler.said(message, payload);
    }
  }
}
