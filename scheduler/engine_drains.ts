/**
 * The hub's wishes that engines get nothing new, and their ends. Pure.
 *
 * @module
 */
import type { EngineDrain, Message } from "../messages/mod.ts";
import type { SchedulerState } from "./scheduler_state.ts";

/** Options of {@linkcode EngineDrains}. */
export interface EngineDrainsOptions {
  /** Decides where tasks go. */
  readonly state: () => Pick<SchedulerState, "engineDrain" | "engineUndrain">;
  /** Says something to the hub. */
  readonly send: (message: Message) => void;
}

/** Says of each drain that has ended which one it was. */
export class EngineDrains {
  readonly #options: EngineDrainsOptions;
  readonly #rounds = new Map<number, number>();

  /** Starts without a drain. */
  constructor(options: EngineDrainsOptions) {
    this.#options = options;
  }

  /** The hub wants an engine to get nothing new, or something again. */
  asked({ engineId, round, isUndone }: EngineDrain): void {
    const state = this.#options.state();
    if (isUndone === true) return state.engineUndrain(engineId);
    this.#rounds.set(engineId, round);
    // An engine that is not known holds nothing of ours.
    if (!state.engineDrain(engineId)) this.ended(engineId);
  }

  /** An engine is gone. */
  engineLeft(engineId: number): void {
    this.#rounds.delete(engineId);
  }

  /** An engine that is drained has nothing left to do. */
  ended(engineId: number): void {
    const round = this.#rounds.get(engineId) ?? 0;
    this.#options.send({ type: "engine_drained", engineId, round });
  }
}
