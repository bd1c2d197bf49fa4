/**
 * Work on the namespace in an engine with several slots: each slot has a
 * namespace of its own, and all of them shall be alike. Pure.
 *
 * @module
 */
import type { TaskAssign, TaskOutcome } from "../messages/mod.ts";
import { runsOf } from "./run_number.ts";
import type { Payload } from "./slot_state.ts";

/** What stands between a task's id and the slot of one of its parts. */
const PART_MARK = "#";

/** The id of the task that a part belongs to; other ids stay. */
export function wholeTaskId(id: string): string {
  const mark = id.indexOf(PART_MARK);
  return mark === -1 ? id : id.slice(0, mark);
}

/** Where some work runs in an engine with several slots. */
export function placeOf(
  { work, permissions }: TaskAssign,
): "anywhere" | "everywhere" | "first" {
  // It has a namespace of its own.
  if (permissions !== undefined) return "anywhere";
  switch (work.kind) {
    case "apply":
    case "map":
      return "anywhere";
    case "execute":
    case "push":
    case "clear":
    case "reset":
      return "everywhere";
    case "pull":
      return "first";
  }
}

interface Whole {
  readonly slots: readonly number[];
  readonly outcomes: ({ outcome: TaskOutcome; payload: Payload } | undefined)[];
  missing: number;
}

/** Options of {@linkcode NamespaceFanOut}. */
export interface NamespaceFanOutOptions {
  /** Takes the outcome of a whole task. */
  readonly send: (outcome: TaskOutcome, payload: Payload) => void;
}

/** Cuts tasks into one part for each slot, and joins their outcomes. */
export class NamespaceFanOut {
  readonly #options: NamespaceFanOutOptions;
  readonly #wholes = new Map<string, Whole>();

  /** Starts with no task. */
  constructor(options: NamespaceFanOutOptions) {
    this.#options = options;
  }

  /**
   * The parts of a task, one for each of these slots and in their order; none
   * twice.
   */
  cut(assign: TaskAssign, slots: readonly number[]): TaskAssign[] {
    if (this.#wholes.has(assign.id)) return [];
    this.#wholes.set(assign.id, {
      slots,
      outcomes: new Array(slots.length).fill(undefined),
      missing: slots.length,
    });
    return this.parts(assign.id).map((id) => ({ ...assign, id }));
  }

  /** The ids of a task's parts; the task's own when it was not cut. */
  parts(id: string): string[] {
    const whole = this.#wholes.get(id);
    if (whole === undefined) return [id];
    return whole.slots.map((slot) => `${id}${PART_MARK}${slot}`);
  }

  /**
   * Passes on the outcome of a task. That of a part waits for the others: the
   * whole failed if one of them did, else it has the first slot's value.
   */
  outcome(outcome: TaskOutcome, payload: Payload): void {
    const id = wholeTaskId(outcome.id);
    if (id === outcome.id) return this.#options.send(outcome, payload);
    const whole = this.#wholes.get(id);
    const slot = Number(outcome.id.slice(id.length + PART_MARK.length));
    if (whole === undefined) return;
    const index = whole.slots.indexOf(slot);
    if (index < 0 || whole.outcomes[index] !== undefined) return;
    whole.outcomes[index] = { outcome, payload };
    if (--whole.missing > 0) return;
    this.#wholes.delete(id);
    const ended = whole.outcomes.flatMap((part) => part ?? []);
    const said = ended.find((part) => part.outcome.status !== "ok") ?? ended[0];
    if (said === undefined) return;
    const attempts = Math.max(...ended.map((part) => runsOf(part.outcome)));
    this.#options.send({
      ...said.outcome,
      id,
      startedMs: Math.min(...ended.map((part) => part.outcome.startedMs)),
      completedMs: Math.max(...ended.map((part) => part.outcome.completedMs)),
      outputs: ended.reduce((sum, part) => sum + part.outcome.outputs, 0),
      ...(attempts > 1 && { attempts }),
    }, said.payload);
  }
}
