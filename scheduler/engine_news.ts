/**
 * Requests that name engines of which the hub has told their client, and not
 * this scheduler yet: the two hear of them on connections of their own. Pure.
 *
 * @module
 */
import { Deque, type LimitTally } from "../base/mod.ts";
import type { Deadline, Deadlines } from "./deadlines.ts";
import type { SchedulerLimits } from "./scheduler_limits.ts";

/** What one client asked while an engine was unheard of. */
interface Waiting {
  /** In its order. */
  readonly acts: Deque<() => void>;
  /** The newest engine that is named. */
  engineId: number;
  deadline: Deadline | undefined;
}

/** Holds them until the engines are here, or it is clear that none come. */
export class EngineNews {
  readonly #deadlines: Deadlines;
  readonly #limits: SchedulerLimits;
  readonly #tally: LimitTally | undefined;
  readonly #waiting = new Map<string, Waiting>();
  #newest = -1;
  #count = 0;

  /** Starts without having heard of any engine. */
  constructor(
    deadlines: Deadlines,
    limits: SchedulerLimits,
    tally?: LimitTally,
  ) {
    this.#tally = tally;
    this.#deadlines = deadlines;
    this.#limits = limits;
  }

  /** The hub has told of an engine. Numbers only rise. */
  joined(engineId: number): void {
    this.#newest = Math.max(this.#newest, engineId);
    for (const [clientId, waiting] of this.#waiting) {
      if (waiting.engineId <= this.#newest) this.#release(clientId, waiting);
    }
  }

  /** Whether a client's request has to wait, as do all that follow it. */
  mustWait(clientId: string, targets: readonly number[]): boolean {
    const isUnheard = this.isWaiting(clientId) || this.#isUnheard(targets);
    if (!isUnheard || this.#count < this.#limits.unheardRequestsMax) {
      return isUnheard;
    }
    this.#tally?.reached("unheardRequestsMax");
    return false;
  }

  /** Whether requests of a client wait. */
  isWaiting(clientId: string): boolean {
    return this.#waiting.size > 0 && this.#waiting.has(clientId);
  }

  #isUnheard(targets: readonly number[]): boolean {
    for (const target of targets) if (target > this.#newest) return true;
    return false;
  }

  /** Does something when the engines are here, or when they do not come. */
  wait(clientId: string, targets: readonly number[], act: () => void): void {
    let waiting = this.#waiting.get(clientId);
    if (waiting === undefined) {
      const added: Waiting = {
        acts: new Deque(),
        engineId: -1,
        deadline: undefined,
      };
      added.deadline = this.#deadlines.set(
        this.#limits.engineNewsMs,
        () => this.#release(clientId, added),
      );
      this.#waiting.set(clientId, added);
      waiting = added;
    }
    for (const target of targets) {
      waiting.engineId = Math.max(waiting.engineId, target);
    }
    waiting.acts.push(act);
    this.#count++;
  }

  #release(clientId: string, { acts, deadline }: Waiting): void {
    this.#deadlines.callOff(deadline);
    this.#waiting.delete(clientId);
    this.#count -= acts.length;
    for (let act = acts.shift(); act; act = acts.shift()) act();
  }
}
