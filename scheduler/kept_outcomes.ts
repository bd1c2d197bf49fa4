/**
 * Outcomes of one client's tasks, kept until the client has them.
 *
 * @module
 */
import { bytesOf, Deque } from "../base/mod.ts";
import { type TaskOutcome, unrunOutcome } from "../messages/mod.ts";

type Payload = readonly Uint8Array[];

/** An outcome that its client may not have yet. */
export interface KeptOutcome {
  /** The outcome. */
  outcome: TaskOutcome;
  /** Its payload. */
  payload: Payload;
}

/** Outcomes in the order in which they were sent, numbered from 0. */
export class KeptOutcomes {
  readonly #kept = new Deque<KeptOutcome>();
  #first = 0;
  #bytes = 0;
  /** How many of the oldest have lost their payload already. */
  #shed = 0;

  /** How many are kept. */
  get length(): number {
    return this.#kept.length;
  }

  /** Payload bytes that are kept. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Those of all but the oldest, which may be larger than any limit. */
  get bytesBehind(): number {
    const oldest = this.#kept.peek();
    return oldest === undefined ? 0 : this.#bytes - bytesOf(oldest.payload);
  }

  /** The number of the oldest; all before it have arrived. */
  get first(): number {
    return this.#first;
  }

  /** The number that the next one gets. */
  get next(): number {
    return this.#first + this.#kept.length;
  }

  /** Keeps an outcome. */
  add(outcome: TaskOutcome, payload: Payload): void {
    this.#kept.push({ outcome, payload });
    this.#bytes += bytesOf(payload);
  }

  /** Those that are kept, the oldest first. */
  all(): Iterable<KeptOutcome> {
    return this.#kept;
  }

  /** The tasks that they are of. */
  ids(): Set<string> {
    const ids = new Set<string>();
    for (const { outcome } of this.#kept) ids.add(outcome.id);
    return ids;
  }

  /**
   * So many have arrived, counted from the very first.
   *
   * @param onTaken Hears of each that is let go.
   */
  acknowledge(count: number, onTaken: (kept: KeptOutcome) => void): void {
    while (this.#first < count) {
      const taken = this.#kept.shift();
      if (taken === undefined) return;
      this.#first++;
      this.#bytes -= bytesOf(taken.payload);
      if (this.#shed > 0) this.#shed--;
      onTaken(taken);
    }
  }

  /**
   * Replaces the oldest outcomes that have a payload by refusals, until at
   * most so many bytes are kept.
   *
   * @returns How many were replaced.
   */
  shed(bytesMax: number): number {
    if (this.#bytes <= bytesMax) return 0;
    let replaced = 0;
    let position = 0;
    for (const kept of this.#kept) {
      if (position++ < this.#shed) continue;
      if (this.#bytes <= bytesMax) break;
      this.#shed++;
      const bytes = bytesOf(kept.payload);
      if (bytes === 0) continue;
      const reason = `its value was let go, since ${this.#bytes} bytes ` +
        `waited for a client that did not take them, at most ${bytesMax} may`;
      kept.outcome = {
        ...unrunOutcome(kept.outcome.id, "refused", reason),
        engineId: kept.outcome.engineId,
      };
      kept.payload = [];
      this.#bytes -= bytes;
      replaced++;
    }
    return replaced;
  }
}
