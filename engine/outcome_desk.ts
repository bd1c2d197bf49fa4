/**
 * What an engine says of the end of its tasks: to whoever asks, for as long as
 * somebody may ask, and not of those that nobody wants. Pure.
 *
 * @module
 */
import type { LimitTally } from "../base/mod.ts";
import type { TaskAssign, TaskOutcome } from "../messages/mod.ts";
import type { EngineEffects } from "./engine_effects.ts";
import { type FinishedBounds, FinishedTasks } from "./finished_tasks.ts";
import { oneMore } from "./run_number.ts";
import type { Payload } from "./slot_state.ts";

/** A task that was given once more before it had stopped. */
interface Again {
  readonly assign: TaskAssign;
  readonly payload: Payload;
}

/** Options of {@linkcode OutcomeDesk}. */
export interface OutcomeDeskOptions {
  /** How much is remembered. */
  readonly limits: FinishedBounds;
  /** Counts limits that are reached. */
  readonly tally: LimitTally | undefined;
  /** Says what is to be said. */
  readonly effects: Pick<EngineEffects, "sendOutcome" | "outcomeDropped">;
  /** Runs a task that had to wait until its last run had ended. */
  readonly run: (assign: TaskAssign, payload: Payload) => void;
}

/** Knows how tasks ended, and which of them may end unheard. */
export class OutcomeDesk {
  readonly #options: OutcomeDeskOptions;
  readonly #finished: FinishedTasks;
  /** Tasks that are being stopped for nobody, and are perhaps given again. */
  readonly #released = new Map<string, Again | undefined>();

  /** Has nothing to say. */
  constructor(options: OutcomeDeskOptions) {
    this.#options = options;
    this.#finished = new FinishedTasks(options.limits, options.tally);
  }

  /** Outcomes that nobody has taken. */
  get untaken(): number {
    return this.#finished.size;
  }

  /** Answers a task that has ended; `false` when it is to be taken on. */
  answers(assign: TaskAssign, payload: Payload): boolean {
    if (this.#released.has(assign.id)) {
      this.#released.set(assign.id, { assign, payload });
      return true;
    }
    const done = this.#finished.repeated(assign);
    if (done === undefined) return false;
    this.#options.effects.sendOutcome(done.outcome, done.payload);
    return true;
  }

  /** A task has ended. */
  ended(outcome: TaskOutcome, payload: Payload): void {
    const { effects, run } = this.#options;
    const { id } = outcome;
    if (!this.#released.has(id)) {
      this.#finished.add(outcome, payload);
      return effects.sendOutcome(outcome, payload);
    }
    const again = this.#released.get(id);
    this.#released.delete(id);
    effects.outcomeDropped(outcome);
    if (again !== undefined) run(again.assign, again.payload);
  }

  /** The outcome of a task has arrived, or nobody wants it. */
  taken(id: string, isHeld: boolean): void {
    if (isHeld) this.#released.set(id, undefined);
    else this.#finished.forget(id);
  }

  /** Whether a task, which was given again, waits for its last run to end. */
  calledOff(id: string): boolean {
    if (this.#released.get(id) === undefined) return false;
    this.#released.set(id, undefined);
    return true;
  }

  /** A task is given back: nothing is known of it any more. */
  returned(id: string): void {
    this.#released.delete(id);
  }

  /** Of tasks that are held and of those that ended, what is to be told. */
  holding(held: Iterable<string>): Set<string> {
    const told = new Set(held);
    for (const [id, again] of this.#released) {
      if (again === undefined) told.delete(id);
    }
    for (const { outcome } of this.#finished.all()) told.add(outcome.id);
    return told;
  }

  /** Says again how tasks ended. */
  tellAgain(): void {
    for (const { outcome, payload } of [...this.#finished.all()]) {
      this.#options.effects.sendOutcome(outcome, payload);
    }
  }

  /** Others may have been given all of them meanwhile. */
  doubted(): void {
    this.#finished.doubted();
    for (const [id, again] of this.#released) {
      if (again === undefined) continue;
      this.#released.set(id, { ...again, assign: oneMore(again.assign) });
    }
  }
}
