/**
 * What a scheduler does that begins where another has ended: it waits for a
 * moment until engines have said what they hold, and gives what they claim to
 * nobody else. Pure.
 *
 * @module
 */
import { Deque } from "../base/mod.ts";
import type { Message } from "../messages/mod.ts";
import type { Deadline, Deadlines } from "./deadlines.ts";
import type { EngineEntry } from "./entries.ts";
import type { SchedulerLimits } from "./scheduler_limits.ts";

/** Options of {@linkcode RecoveryState}. */
export interface RecoveryOptions {
  /** Says something to an engine. */
  readonly send: (routingId: string, message: Message) => void;
  /** Waits. */
  readonly deadlines: Deadlines;
  /** The limits. */
  readonly limits: SchedulerLimits;
}

/** Claims of engines, and what waits until they are all there. */
export class RecoveryState {
  readonly #options: RecoveryOptions;
  readonly #claims = new Map<string, EngineEntry>();
  readonly #awaited = new Set<string>();
  readonly #deferred = new Deque<() => void>();
  #deadline: Deadline | undefined;

  /** Starts with no claim. */
  constructor(options: RecoveryOptions) {
    this.#options = options;
  }

  /** Whether requests wait until engines have said what they hold. */
  get isSettling(): boolean {
    return this.#deadline !== undefined;
  }

  /** How many tasks are claimed, and how many requests wait. */
  get residue(): { readonly claims: number; readonly deferred: number } {
    return { claims: this.#claims.size, deferred: this.#deferred.length };
  }

  /**
   * The hub has named its engines for the first time.
   *
   * @param awaited Routing ids of those that have not reported yet.
   * @param isRestarted Whether the hub itself may not know all of them yet.
   */
  begin(awaited: Iterable<string>, isRestarted: boolean): void {
    for (const routingId of awaited) this.#awaited.add(routingId);
    if (this.#awaited.size === 0 && !isRestarted) return;
    const { deadlines, limits } = this.#options;
    // An id that nobody has keeps it open for the whole time.
    if (isRestarted) this.#awaited.add("");
    this.#deadline = deadlines.set(
      isRestarted ? limits.hubSettleMs : limits.settleMs,
      () => this.#settled(),
    );
  }

  /** Does something when all is settled. */
  defer(act: () => void): void {
    this.#deferred.push(act);
  }

  /** An engine has said what it holds, or does not come back. */
  reported(routingId: string): void {
    if (!this.#awaited.delete(routingId) || this.#awaited.size > 0) return;
    if (this.#deadline !== undefined) {
      this.#options.deadlines.callOff(this.#deadline);
    }
    this.#settled();
  }

  /** An engine holds tasks that nobody has asked for yet. */
  claim(entry: EngineEntry, ids: readonly string[]): void {
    if (ids.length === 0) return;
    for (const id of ids) {
      const other = this.#claims.get(id);
      if (other === undefined || other === entry) this.#claims.set(id, entry);
      else this.#dispute(id, other, entry);
    }
    const { deadlines, limits } = this.#options;
    deadlines.set(limits.clientGraceMs, () => {
      const left = ids.filter((id) => this.#claims.get(id) === entry);
      for (const id of left) this.#claims.delete(id);
      this.release(entry, left);
    });
  }

  /** The engine that claims a task; the claim is settled with it. */
  take(id: string): EngineEntry | undefined {
    if (this.#claims.size === 0) return undefined;
    const entry = this.#claims.get(id);
    if (entry !== undefined) this.#claims.delete(id);
    return entry;
  }

  /** Whether an engine claims a task that nobody has asked for. */
  isClaimed(id: string): boolean {
    return this.#claims.has(id);
  }

  /** An engine is gone, and its claims with it. */
  engineLeft(entry: EngineEntry): void {
    for (const [id, claimant] of this.#claims) {
      if (claimant === entry) this.#claims.delete(id);
    }
    this.reported(entry.routingId);
  }

  /** Has an engine stop and forget tasks that nobody wants of it. */
  release({ routingId }: EngineEntry, ids: readonly string[]): void {
    if (ids.length === 0) return;
    const { send } = this.#options;
    const reason = "nobody waits for it here";
    // In this order, so that nobody hears that they were cancelled.
    send(routingId, { type: "outcomes_taken", ids });
    send(routingId, { type: "task_cancel", ids, reason });
  }

  /** Two have it: neither is believed, and its outcome will say so. */
  #dispute(id: string, one: EngineEntry, other: EngineEntry): void {
    this.#claims.delete(id);
    this.release(one, [id]);
    this.release(other, [id]);
  }

  #settled(): void {
    this.#deadline = undefined;
    this.#awaited.clear();
    for (let act = this.#deferred.shift(); act; act = this.#deferred.shift()) {
      act();
    }
  }
}
