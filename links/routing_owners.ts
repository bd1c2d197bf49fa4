/**
 * Which key has which routing id. Pure.
 *
 * @module
 */
import type { LimitTally } from "../base/mod.ts";

/** Routing ids that are remembered unless told otherwise. */
export const ROUTING_OWNERS_MAX: number = 1 << 18;

/**
 * Remembers whose routing id is whose for as long as somebody is expected
 * back, so that nobody else can take it and read what waits for its owner.
 */
export class RoutingOwners {
  readonly #ownersMax: number;
  readonly #tally: LimitTally | undefined;
  readonly #keys = new Map<string, string | undefined>();

  /** Starts with no owner. */
  constructor(ownersMax: number = ROUTING_OWNERS_MAX, tally?: LimitTally) {
    this.#ownersMax = ownersMax;
    this.#tally = tally;
  }

  /** How many are remembered. */
  get size(): number {
    return this.#keys.size;
  }

  /** Whether a key may have a routing id; a full table takes nobody new. */
  mayTake(routingId: string, publicKey: string | undefined): boolean {
    if (this.#keys.has(routingId)) {
      return this.#keys.get(routingId) === publicKey;
    }
    if (this.#keys.size < this.#ownersMax) return true;
    this.#tally?.reached("ROUTING_OWNERS_MAX");
    return false;
  }

  /** Takes note of an owner. */
  take(routingId: string, publicKey: string | undefined): void {
    this.#keys.set(routingId, publicKey);
  }

  /** The key that has a routing id, if one is remembered. */
  keyOf(routingId: string): string | undefined {
    return this.#keys.get(routingId);
  }

  /** Forgets an owner that will not come back. */
  forget(routingId: string): void {
    this.#keys.delete(routingId);
  }
}
