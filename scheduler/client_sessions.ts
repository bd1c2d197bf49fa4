/**
 * Clients that come and go: outcomes are kept until they have arrived, and
 * tasks for as long as their client may still come back. Pure.
 *
 * A client that never says `client_resume` has no session: what it misses is
 * lost, and it is gone with its connection.
 *
 * @module
 */
import { bytesOf } from "../base/mod.ts";
import type {
  ClientResume,
  Message,
  TaskOutcome,
  TaskRequest,
} from "../messages/mod.ts";
import type { ClientAccount } from "./client_account.ts";
import type { Deadlines } from "./deadlines.ts";
import type { EngineEntry } from "./entries.ts";
import type { KeptOutcome } from "./kept_outcomes.ts";
import type { SchedulerLimits } from "./scheduler_limits.ts";
import type { TakenOutcomes } from "./taken_outcomes.ts";
import type { TaskBook } from "./task_book.ts";

type Payload = readonly Uint8Array[];

/** Outcomes of one client that engines have and it has already or soon. */
export const STRAYS_PER_CLIENT_MAX = 65_536;

/** Options of {@linkcode ClientSessions}. */
export interface ClientSessionsOptions {
  /** Says something to a client or an engine. */
  readonly send: (
    routingId: string,
    message: Message,
    payload?: Payload,
  ) => void;
  /** Every client. */
  readonly book: TaskBook;
  /** Tells engines what they may forget. */
  readonly taken: TakenOutcomes;
  /** Waits. */
  readonly deadlines: Deadlines;
  /** The limits. */
  readonly limits: SchedulerLimits;
  /** Makes a word that names a session. */
  readonly newSession: () => string;
  /** A client does not come back. */
  readonly onGone: (clientId: string) => void;
  /** A client has taken enough to get more work done. */
  readonly onReleased: (account: ClientAccount) => void;
  /** Values were let go that waited for a client. */
  readonly onShed: (clientId: string, outcomes: number) => void;
}

/** The sessions of all clients. */
export class ClientSessions {
  readonly #options: ClientSessionsOptions;

  /** Starts without clients. */
  constructor(options: ClientSessionsOptions) {
    this.#options = options;
  }

  /** A client is there, for the first time or again. */
  resume(clientId: string, { session, received }: ClientResume): void {
    const { book, send, newSession } = this.#options;
    const account = book.client(clientId);
    this.#callOffGrace(account);
    account.isContinued = account.session !== "" && account.session === session;
    if (account.session === "") account.session = newSession();
    if (account.isContinued) this.acknowledge(clientId, received);
    account.isPresent = true;
    account.keptIds = account.kept.ids();
    const next = account.kept.first;
    send(clientId, {
      type: "client_resumed",
      session: account.session,
      next,
    });
    let place = next;
    for (const { outcome, payload } of account.kept.all()) {
      send(clientId, { ...outcome, place: place++ }, payload);
    }
    if (account.isContinued) this.#askForEvents(account);
  }

  /**
   * In how many sessions that are over a request may have been sent to us or
   * others before: so often it may have been given to an engine.
   */
  earlierRuns(clientId: string, { resent }: TaskRequest): number {
    if (resent === undefined) return 0;
    return this.#options.book.client(clientId).isContinued
      ? resent
      : resent + 1;
  }

  /** Items that were on their way are lost; their engines have them still. */
  #askForEvents(account: ClientAccount): void {
    const { book, send } = this.#options;
    const wanted = new Map<EngineEntry, string[]>();
    for (const { engine, id } of book.ofClient(account)) {
      if (engine === undefined) continue;
      const ids = wanted.get(engine);
      if (ids === undefined) wanted.set(engine, [id]);
      else ids.push(id);
    }
    for (const [{ routingId }, ids] of wanted) {
      send(routingId, { type: "task_events_wanted", ids });
    }
  }

  /** A client has so many outcomes. */
  acknowledge(clientId: string, count: number): void {
    const account = this.#options.book.known(clientId);
    if (account === undefined) return;
    account.kept.acknowledge(count, (kept) => this.#taken(kept));
    this.#takenStrays(account);
    if (account.kept.length === 0) account.keptIds = undefined;
    this.#releaseIfTaken(account);
  }

  /**
   * The connection of a client ended.
   *
   * @returns Whether it may come back.
   */
  away(clientId: string): boolean {
    const account = this.#options.book.known(clientId);
    if (account === undefined || account.session === "") return false;
    account.isPresent = false;
    this.#callOffGrace(account);
    account.grace = this.#options.deadlines.set(
      this.#options.limits.clientGraceMs,
      () => this.#options.onGone(clientId),
    );
    return true;
  }

  /** A client does not come back: nothing is kept for it. */
  gone(account: ClientAccount): void {
    this.#callOffGrace(account);
    account.kept.acknowledge(Infinity, (kept) => this.#taken(kept));
    this.#takenStrays(account);
  }

  /** Tells a client how a task ended, now or when it is back. */
  deliver(
    account: ClientAccount,
    outcome: TaskOutcome,
    payload: Payload,
  ): void {
    const { send, book, limits, onShed, onGone } = this.#options;
    const { tally } = book;
    if (account.session === "") {
      send(account.id, outcome, payload);
      return this.dismiss(outcome, payload);
    }
    const { kept } = account;
    const place = kept.next;
    kept.add(outcome, payload);
    if (account.isPresent) send(account.id, { ...outcome, place }, payload);
    if (kept.bytesBehind > limits.untakenBytesPerClientMax) {
      if (!account.isHeld) tally?.reached("untakenBytesPerClientMax");
      account.isHeld = true;
    }
    if (kept.bytes > limits.keptBytesPerClientMax) {
      const shed = kept.shed(limits.keptBytesPerClientMax);
      tally?.reached("keptBytesPerClientMax", shed);
      onShed(account.id, shed);
    }
    if (kept.length > limits.keptPerClientMax) {
      tally?.reached("keptPerClientMax");
      onGone(account.id);
    }
  }

  /** Nobody wants an outcome any more: its engine may forget it. */
  dismiss(outcome: TaskOutcome, payload: Payload): void {
    this.#taken({ outcome, payload });
  }

  /** Whether a client has had, or will have, the outcome of a task. */
  remembers({ fates, keptIds }: ClientAccount, id: string): boolean {
    return fates.get(id) !== undefined || keptIds?.has(id) === true;
  }

  /**
   * An engine has an outcome of which the client has had, or will have one,
   * perhaps of another engine: it may be forgotten once the client has it.
   */
  stray(account: ClientAccount, engineId: number, id: string): void {
    if (account.kept.length === 0) {
      return this.#options.taken.add(engineId, id, 0);
    }
    // Whoever connects again says what it has, so that no more are lost.
    if (account.strays.length >= STRAYS_PER_CLIENT_MAX) return;
    account.strays.push({ id, engineId, place: account.kept.next });
  }

  #releaseIfTaken(account: ClientAccount): void {
    const { limits, onReleased } = this.#options;
    if (
      !account.isHeld ||
      account.kept.bytesBehind * 2 > limits.untakenBytesPerClientMax
    ) return;
    account.isHeld = false;
    onReleased(account);
  }

  #callOffGrace(account: ClientAccount): void {
    if (account.grace !== undefined) {
      this.#options.deadlines.callOff(account.grace);
    }
    account.grace = undefined;
  }

  #taken({ outcome: { engineId, id }, payload }: KeptOutcome): void {
    this.#options.taken.add(engineId, id, bytesOf(payload));
  }

  /** Those that engines may forget since the client has as much. */
  #takenStrays({ strays, kept }: ClientAccount): void {
    for (let next = strays.peek(); next; next = strays.peek()) {
      if (next.place > kept.first) return;
      strays.shift();
      this.#options.taken.add(next.engineId, next.id, 0);
    }
  }
}
