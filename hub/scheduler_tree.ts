/**
 * The schedulers of a cluster, their leaves, and who is to turn to which.
 * Pure.
 *
 * @module
 */
import type { SchedulerAddress } from "../messages/mod.ts";
import { LeafSpread } from "./leaf_spread.ts";
import type { SchedulerMember } from "./member.ts";

/** Clients turn to a scheduler, engines to a leaf where there is one. */
export class SchedulerTree {
  readonly #members = new Map<string, SchedulerMember>();
  readonly #leafByKey = new Map<string, SchedulerMember>();
  readonly #spread = new LeafSpread();

  /** All of them by routing id. */
  get members(): ReadonlyMap<string, SchedulerMember> {
    return this.#members;
  }

  /** Routing ids of those that decide, which leaves do not. */
  get roots(): string[] {
    return [...this.#members.values()].filter(({ leaf }) => leaf === undefined)
      .map(({ routingId }) => routingId);
  }

  /** Routing ids of the leaves. */
  get leaves(): string[] {
    return [...this.#members.values()].filter(({ leaf }) => leaf !== undefined)
      .map(({ routingId }) => routingId);
  }

  /**
   * One has joined, is back, or is ready for engines. A leaf that was started again, and so has
   * another routing id, takes the place of the one with its key.
   *
   * @returns Routing ids of those whose place it has taken.
   */
  join(member: SchedulerMember): string[] {
    const { routingId, leaf, address: { publicKey } } = member;
    const replaced: string[] = [];
    for (const [other, { address }] of this.#members) {
      if (leaf === undefined || other === routingId) continue;
      if (address.publicKey === publicKey) replaced.push(other);
    }
    for (const other of replaced) this.#members.delete(other);
    this.#members.set(routingId, member);
    if (leaf === "ready") {
      this.#leafByKey.set(publicKey, member);
      this.#spread.leafJoined(publicKey);
    }
    return replaced;
  }

  /** One is gone; its engines are to turn to others. */
  leave(routingId: string): void {
    const member = this.#members.get(routingId);
    this.#members.delete(routingId);
    if (member?.leaf === undefined) return;
    const { publicKey } = member.address;
    this.#leafByKey.delete(publicKey);
    this.#spread.leafLeft(publicKey);
  }

  /**
   * Evens out what leaves have.
   *
   * @param mayMove Whether an engine, by routing id, may go to another leaf.
   * @returns Engines that are to turn to another one.
   */
  even(mayMove: (engine: string) => boolean): string[] {
    return this.#spread.even(mayMove);
  }

  /** An engine is gone. */
  engineLeft(routingId: string): void {
    this.#spread.engineLeft(routingId);
  }

  /** Where clients and leaves are to turn to. */
  addresses(): SchedulerAddress[] {
    return [...this.#members.values()].filter(({ leaf }) => leaf === undefined)
      .map(({ address }) => address);
  }

  /** Where an engine is to turn to, its leaf first. */
  addressesFor(engine: string): SchedulerAddress[] {
    const leaf = this.#leafByKey.get(this.#spread.leafOf(engine) ?? "");
    return leaf === undefined
      ? this.addresses()
      : [leaf.address, ...this.addresses()];
  }
}
