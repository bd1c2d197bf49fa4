/**
 * What engines may forget. They are told with the next task that they are
 * given, since a message of its own for each of very many engines would cost
 * as much as the task did; and after a while where no task comes. Pure.
 *
 * @module
 */
import type { Message } from "../messages/mod.ts";
import type { Deadlines } from "./deadlines.ts";
import type { EngineEntry } from "./entries.ts";

/** How long an engine is not told, where it is given no task. */
export const TAKEN_TELL_MS = 1_000;
/** Outcomes of one engine from which on it is told at once. */
export const TAKEN_HELD_MAX = 1_024;
/** Payload bytes of such outcomes, which the engine keeps until then. */
export const TAKEN_HELD_BYTES_MAX: number = 256 << 10;

/** Options of {@linkcode TakenOutcomes}. */
export interface TakenOutcomesOptions {
  /** Says something to an engine. */
  readonly send: (routingId: string, message: Message) => void;
  /** The engines by their number. */
  readonly engines: ReadonlyMap<number, EngineEntry>;
  /** Waits. */
  readonly deadlines: Deadlines;
}

interface Held {
  readonly ids: string[];
  bytes: number;
}

/** Outcomes that arrived, of which their engines do not know yet. */
export class TakenOutcomes {
  readonly #options: TakenOutcomesOptions;
  readonly #held = new Map<EngineEntry, Held>();
  #isWaiting = false;

  /** Starts with nothing to be told. */
  constructor(options: TakenOutcomesOptions) {
    this.#options = options;
  }

  /**
   * An engine may forget an outcome.
   *
   * @param bytes Those of its payload.
   */
  add(engineId: number, id: string, bytes: number): void {
    const { engines, deadlines } = this.#options;
    const entry = engines.get(engineId);
    // Whoever connects says what it has, and hears of it then.
    if (entry?.connected !== true) return;
    let held = this.#held.get(entry);
    if (held === undefined) {
      held = { ids: [], bytes: 0 };
      this.#held.set(entry, held);
    }
    held.ids.push(id);
    held.bytes += bytes;
    if (
      held.ids.length >= TAKEN_HELD_MAX || held.bytes >= TAKEN_HELD_BYTES_MAX
    ) return this.tell(entry);
    if (this.#isWaiting) return;
    this.#isWaiting = true;
    deadlines.set(TAKEN_TELL_MS, () => {
      this.#isWaiting = false;
      for (const waiting of [...this.#held.keys()]) this.tell(waiting);
    });
  }

  /** Tells an engine what it may forget. */
  tell(entry: EngineEntry): void {
    const held = this.#held.get(entry);
    if (held === undefined) return;
    this.#held.delete(entry);
    if (!entry.connected) return;
    const { ids } = held;
    this.#options.send(entry.routingId, { type: "outcomes_taken", ids });
  }
}
