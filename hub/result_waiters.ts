/**
 * Clients that wait for the ends of tasks of others. Pure.
 *
 * @module
 */

/** Most tasks that clients wait for, all clients together. */
export const RESULTS_AWAITED_MAX = 262_144;

/** Somebody who waits. */
export interface Waiter {
  /** Its routing id. */
  readonly routingId: string;
}

/** Who waits for which task. */
export class ResultWaiters<W extends Waiter> {
  readonly #waiters = new Map<string, Map<string, W>>();
  /** Tasks that are not known, and until when somebody may tell of them. */
  readonly #unknown = new Map<string, number>();
  #size = 0;

  /** How many waits there are. */
  get size(): number {
    return this.#size;
  }

  /** Whether one more may wait. */
  get hasRoom(): boolean {
    return this.#size < RESULTS_AWAITED_MAX;
  }

  /** A client waits for a task. */
  add(id: string, client: W): void {
    const { routingId } = client;
    const waiters = this.#waiters.get(id);
    if (waiters === undefined) {
      this.#waiters.set(id, new Map([[routingId, client]]));
    } else if (waiters.has(routingId)) return;
    else waiters.set(routingId, client);
    this.#size++;
  }

  /** Nothing is known of a task; it may be too new. */
  notKnown(id: string, untilMs: number): void {
    if (this.#waiters.has(id)) this.#unknown.set(id, untilMs);
  }

  /** Something is known of a task. */
  known(id: string): void {
    this.#unknown.delete(id);
  }

  /** Those who wait for a task; they wait no more. */
  take(id: string): W[] {
    const waiters = this.#waiters.get(id);
    if (waiters === undefined) return [];
    this.#waiters.delete(id);
    this.#unknown.delete(id);
    this.#size -= waiters.size;
    return [...waiters.values()];
  }

  /** Tasks that nobody has told of in time. */
  expired(nowMs: number): string[] {
    return [...this.#unknown].filter(([, untilMs]) => untilMs <= nowMs)
      .map(([id]) => id);
  }

  /** A client is gone. */
  clientLeft(client: string): void {
    for (const [id, waiters] of this.#waiters) {
      if (!waiters.delete(client)) continue;
      this.#size--;
      if (waiters.size > 0) continue;
      this.#waiters.delete(id);
      this.#unknown.delete(id);
    }
  }
}
