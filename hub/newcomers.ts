/**
 * Engines that want a number of a hub that was started again. Pure.
 *
 * @module
 */
import type { EngineRegister } from "../messages/mod.ts";
import { ENGINES_MAX } from "./admission.ts";

type Newcomer = [routingId: string, message: EngineRegister, wallMs: number];

/**
 * Lets those wait that have no number yet, until those that had one before
 * the hub was started again have had time to come back: nobody is to find its
 * number taken.
 */
export class Newcomers {
  readonly #waitMs: number;
  readonly #waiting = new Map<string, Newcomer>();
  #untilMs: number | undefined;

  /** Lets them wait for so long, from the first time that it is told. */
  constructor(waitMs: number) {
    this.#waitMs = waitMs;
  }

  /** How many wait. */
  get size(): number {
    return this.#waiting.size;
  }

  /** Whether an engine waits from now on. */
  holds(
    routingId: string,
    message: EngineRegister,
    nowMs: number,
    wallMs: number,
  ): boolean {
    if (message.requestedId !== undefined) return false;
    if (this.#isOver(nowMs) || this.#waiting.size >= ENGINES_MAX) return false;
    this.#waiting.set(routingId, [routingId, message, wallMs]);
    return true;
  }

  /** One is gone. */
  gone(routingId: string): void {
    this.#waiting.delete(routingId);
  }

  /** Those that have waited for long enough, in the order they came. */
  take(nowMs: number): Newcomer[] {
    if (!this.#isOver(nowMs) || this.#waiting.size === 0) return [];
    const all = [...this.#waiting.values()];
    this.#waiting.clear();
    return all;
  }

  #isOver(nowMs: number): boolean {
    this.#untilMs ??= nowMs + this.#waitMs;
    return nowMs >= this.#untilMs;
  }
}
