/**
 * A slot that only pretends: one task after the other, each of which takes
 * some time and has its id as its value.
 *
 * @module
 */
import { type Timer, utf8 } from "../../base/mod.ts";
import type { TaskAssign, TaskOutcome } from "../../messages/mod.ts";
import type { JumpingClock } from "./jumping_clock.ts";
import type { Site } from "./site.ts";

/** How long a task takes at most. */
const TASK_MAX_MS = 1_000;
/** How long a task takes to stop at most. */
const STOP_MAX_MS = 300;
/** How many of 100 tasks throw. */
const ERRORS_PERCENT = 5;

/** Hears how a task ended. */
export type SlotEar = (
  outcome: TaskOutcome,
  payload: readonly Uint8Array[],
) => void;

/** One process of a slot after the other. */
export class SimulatedSlot {
  readonly #site: Site;
  readonly #clock: JumpingClock;
  readonly #ended: SlotEar;
  readonly #tasks: TaskAssign[] = [];
  readonly #stopped = new Set<string>();
  #timer: Timer | undefined;
  #startedMs = 0;

  /** Has nothing to do. */
  constructor(site: Site, clock: JumpingClock, ended: SlotEar) {
    this.#site = site;
    this.#clock = clock;
    this.#ended = ended;
  }

  /** Takes a task, behind those that it has. */
  assign(task: TaskAssign): void {
    this.#tasks.push(task);
    if (this.#tasks.length === 1) this.#begin();
  }

  /** Stops a task, which takes a while if it runs. */
  stop(id: string): void {
    this.#stopped.add(id);
    if (this.#tasks[0]?.id !== id || this.#timer === undefined) return;
    // It may end by itself meanwhile.
    if (this.#site.random() < 0.2) return;
    this.#timer.cancel();
    this.#endIn(this.#site.random() * STOP_MAX_MS, "cancelled");
  }

  /** Its process dies, with what it has. */
  die(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#tasks.length = 0;
    this.#stopped.clear();
  }

  #begin(): void {
    const [task] = this.#tasks;
    if (task === undefined) return;
    this.#startedMs = 0;
    if (this.#stopped.has(task.id)) return this.#endIn(0, "cancelled");
    const { random, ledger } = this.#site;
    ledger.ran(task.id);
    this.#startedMs = Math.max(1, this.#clock.now());
    const isGood = random() * 100 >= ERRORS_PERCENT;
    this.#endIn(random() ** 3 * TASK_MAX_MS, isGood ? "ok" : "error");
  }

  #endIn(delayMs: number, status: TaskOutcome["status"]): void {
    this.#timer = this.#clock.setTimer(delayMs, () => this.#end(status));
  }

  #end(status: TaskOutcome["status"]): void {
    const task = this.#tasks.shift();
    this.#timer = undefined;
    if (task === undefined) return;
    const { id } = task;
    this.#stopped.delete(id);
    this.#ended({
      ...{ type: "task_outcome", id, status, engineId: 0, outputs: 0 },
      startedMs: this.#startedMs,
      completedMs: this.#startedMs && Math.max(1, this.#clock.now()),
    }, [utf8(id)]);
    if (this.#timer === undefined) this.#begin();
  }
}
