/**
 * How many strangers may be at the door at once.
 *
 * @module
 */
import { LimitError } from "../base/mod.ts";

/** Counts unfinished handshakes, in total and by address. */
export class HandshakeGate {
  readonly #totalMax: number;
  readonly #perAddressMax: number;
  readonly #counts = new Map<string, number>();
  #total = 0;

  /** Takes the two limits. */
  constructor(totalMax: number, perAddressMax: number) {
    this.#totalMax = totalMax;
    this.#perAddressMax = perAddressMax;
  }

  /** Unfinished handshakes now. */
  get total(): number {
    return this.#total;
  }

  /** Addresses that are remembered now. */
  get addresses(): number {
    return this.#counts.size;
  }

  /** Lets one more in, or says which limit it would exceed. */
  enter(address: string): LimitError | undefined {
    const count = this.#counts.get(address) ?? 0;
    if (this.#total >= this.#totalMax) {
      return new LimitError(
        `Cannot admit peer: ${this.#total} handshakes are unfinished`,
        { limit: "handshakesMax" },
      );
    }
    if (count >= this.#perAddressMax) {
      return new LimitError(
        `Cannot admit peer: ${count} handshakes from its address are ` +
          "unfinished",
        { limit: "handshakesPerAddressMax" },
      );
    }
    this.#counts.set(address, count + 1);
    this.#total++;
    return undefined;
  }

  /** Forgets one that was let in. */
  leave(address: string): void {
    const count = this.#counts.get(address);
    if (count === undefined) return;
    this.#total--;
    if (count === 1) this.#counts.delete(address);
    else this.#counts.set(address, count - 1);
  }
}
