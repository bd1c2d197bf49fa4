/**
 * When a client says how many outcomes it has: seldom, and never for each.
 *
 * @module
 */
import { bytesOf, type Clock, type Timer } from "../base/mod.ts";

/** Limits of {@linkcode OutcomeAcks}. */
export interface AckLimits {
  /** Most outcomes that have arrived unsaid. */
  readonly outcomesMax: number;
  /** Most payload bytes of such outcomes. */
  readonly bytesMax: number;
  /** Longest time that one of them stays unsaid, in milliseconds. */
  readonly idleMs: number;
}

/** Limits unless told otherwise. */
export const ACK_LIMITS: AckLimits = {
  // Much more than travels in one envelope, much less than is kept.
  outcomesMax: 1024,
  bytesMax: 4 << 20,
  idleMs: 250,
};

/**
 * Counts outcomes and says so now and then. Small outcomes may go ahead of
 * large ones, so what is said is how many have arrived without a gap.
 */
export class OutcomeAcks {
  readonly #clock: Clock;
  readonly #say: (count: number) => void;
  readonly #limits: AckLimits;
  #received = 0;
  /** Those behind the gap: no more than small ones pass a large one. */
  readonly #ahead = new Set<number>();
  #said = 0;
  #bytes = 0;
  #timer: Timer | undefined;

  /** Starts with nothing received. */
  constructor(
    clock: Clock,
    say: (count: number) => void,
    limits: Partial<AckLimits> = {},
  ) {
    this.#clock = clock;
    this.#say = say;
    this.#limits = { ...ACK_LIMITS, ...limits };
  }

  /** How many outcomes of the session have arrived, up to the first gap. */
  get received(): number {
    return this.#received;
  }

  /** The next outcome has this number. */
  startAt(next: number): void {
    this.#received = this.#said = next;
    // Whatever was not acknowledged comes once more.
    this.#ahead.clear();
    this.#bytes = 0;
    this.stop();
  }

  /** The outcome with a number has arrived. */
  add(place: number, payload: readonly Uint8Array[]): void {
    if (place > this.#received) {
      this.#ahead.add(place);
    } else if (place === this.#received) {
      do this.#received++; while (this.#ahead.delete(this.#received));
    }
    this.#bytes += bytesOf(payload);
    const { outcomesMax, bytesMax, idleMs } = this.#limits;
    if (
      this.#received - this.#said >= outcomesMax || this.#bytes >= bytesMax
    ) return this.flush();
    // Set once for many: the first of them waits longest.
    this.#timer ??= this.#clock.setTimer(idleMs, () => this.flush());
  }

  /** Says it now, if there is anything to say. */
  flush(): void {
    this.stop();
    if (this.#received === this.#said) return;
    this.#said = this.#received;
    this.#bytes = 0;
    this.#say(this.#received);
  }

  /** Says nothing more by itself until the next outcome. */
  stop(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
  }
}
