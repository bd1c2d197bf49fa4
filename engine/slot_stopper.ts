/**
 * Stops what runs in one slot process, step by step.
 *
 * @module
 */
import type { Clock, LimitTally, Timer } from "../base/mod.ts";
import type { Message, TaskOutcome } from "../messages/mod.ts";
import type { EngineLimits } from "./engine_limits.ts";
import type { SlotInspector } from "./slot_inspector.ts";
import {
  nextStopPhase,
  type StopEvent,
  type StopPhase,
  StopStep,
} from "./stop_state.ts";

/** Options of {@linkcode SlotStopper}. */
export interface SlotStopperOptions {
  /** The process's inspector. */
  readonly inspector: Pick<SlotInspector, "available" | "interrupt">;
  /** Says something to the process. */
  readonly post: (message: Message) => void;
  /** Kills the process. */
  readonly kill: (reason: string) => void;
  /** Limits of the engine. */
  readonly limits: EngineLimits;
  /** Counts limits that are reached. */
  readonly tally?: LimitTally | undefined;
  /** Time. */
  readonly clock: Clock;
}

/** Carries out what `nextStopPhase` decides, for one task at a time. */
export class SlotStopper {
  readonly #options: SlotStopperOptions;
  #stop: OneStop | undefined;

  /** Starts with nothing to stop. */
  constructor(options: SlotStopperOptions) {
    this.#options = options;
  }

  /** Stops the task that runs. */
  stop(id: string): void {
    if (this.#stop?.id === id) return;
    this.#stop?.handle("ended");
    this.#stop = new OneStop(id, this.#options);
  }

  /**
   * The outcome of a task is here.
   *
   * @returns it, with the step that ended the task as seen from here: code
   * that has been unwound hears last what it was told first.
   */
  taskEnded(outcome: TaskOutcome): TaskOutcome {
    if (this.#stop?.id !== outcome.id) return outcome;
    const { interrupted } = this.#stop;
    this.#stop.handle("ended");
    if (!interrupted || outcome.status !== "cancelled") return outcome;
    return { ...outcome, reason: StopStep.INTERRUPTED };
  }

  /** The process is gone. */
  processEnded(): void {
    this.#stop?.processEnded();
  }
}

class OneStop {
  readonly id: string;
  readonly #options: SlotStopperOptions;
  #phase: StopPhase = "aborting";
  #timer: Timer | undefined;

  constructor(id: string, options: SlotStopperOptions) {
    this.id = id;
    this.#options = options;
    options.post({ type: "slot_abort", id });
    this.#wait(options.limits.abortGraceMs);
  }

  get interrupted(): boolean {
    return this.#phase === "interrupting" || this.#phase === "dropping";
  }

  handle(event: StopEvent): void {
    const before = this.#phase;
    this.#phase = nextStopPhase(before, event);
    if (this.#phase === before) return;
    const { inspector, post, kill, limits } = this.#options;
    switch (this.#phase) {
      case "interrupting":
        this.#wait(limits.interruptTimeoutMs * 2);
        return void inspector.interrupt(limits.interruptTimeoutMs).then((
          done,
        ) => this.handle(done ? "interrupted" : "unreachable"));
      case "dropping":
        this.#wait(limits.dropTimeoutMs);
        return post({ type: "slot_drop", id: this.id });
      case "sweeping":
        return post({ type: "slot_drop", id: this.id });
      case "killing":
        this.#timer?.cancel();
        this.#countLate(before);
        return kill("was killed to stop its task");
      case "late":
      case "over":
        return this.#timer?.cancel();
      case "aborting":
        return;
    }
  }

  processEnded(): void {
    this.#timer?.cancel();
    this.#phase = "over";
  }

  /** What did not happen in time, so that the process is killed. */
  #countLate(phase: StopPhase): void {
    const { tally, inspector } = this.#options;
    if (phase === "dropping") tally?.reached("dropTimeoutMs");
    else if (inspector.available) tally?.reached("interruptTimeoutMs");
  }

  #wait(ms: number): void {
    this.#timer?.cancel();
    this.#timer = this.#options.clock.setTimer(ms, () => this.handle("timer"));
  }
}
