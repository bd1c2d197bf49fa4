/**
 * A scheduler's state with a record of what it says.
 *
 * @module
 */
import assert from "node:assert/strict";
import { seededRandom, VirtualClock } from "../base/mod.ts";
import type {
  Message,
  TaskOutcome,
  TaskRequest,
  TaskTerms,
} from "../messages/mod.ts";
import type { EngineFacts } from "./entries.ts";
import { SchedulerState } from "./scheduler_state.ts";
import type { SchedulerStateOptions } from "./scheduler_state_options.ts";

/** A source and its hash, as far as the state is concerned. */
export const SOURCE: Uint8Array = Uint8Array.of(1);
/** The name of {@linkcode SOURCE}. */
export const HASH = "hash";

/** Something that was said. */
export interface Said {
  /** To whom. */
  readonly to: string;
  /** What. */
  readonly message: Message;
  /** What travelled with it. */
  readonly payload: readonly Uint8Array[];
}

/** A message of one type that was said. */
export interface SaidOf<T extends Message["type"]> {
  /** To whom. */
  readonly to: string;
  /** What. */
  readonly message: Extract<Message, { type: T }>;
  /** What travelled with it. */
  readonly payload: readonly Uint8Array[];
}

function isOf<T extends Message["type"]>(
  said: Said,
  type: T,
): said is SaidOf<T> & Said {
  return said.message.type === type;
}

/** A scheduler with a record of what it says. */
export class Bench {
  /** What was said and not taken yet. */
  said: Said[] = [];
  /** Engines that were drained. */
  readonly drained: number[] = [];
  /** Virtual time. */
  readonly clock: VirtualClock = new VirtualClock();
  /** What is tested. */
  readonly state: SchedulerState;

  /** Makes a scheduler that knows nobody. */
  constructor(options: Partial<SchedulerStateOptions> = {}) {
    this.state = new SchedulerState({
      clock: this.clock,
      random: seededRandom(1),
      ...options,
      actions: {
        send: (to, message, payload = []) =>
          void this.said.push({ to, message, payload }),
        engineDrained: (engineId) => void this.drained.push(engineId),
      },
    });
    this.state.functionSource({ type: "function_source", hash: HASH }, SOURCE);
  }

  /** An engine joins and is ready. */
  engine(
    engineId: number,
    slots = 1,
    facts: Partial<EngineFacts> = {},
  ): void {
    this.state.engineJoined({
      engineId,
      routingId: `e${engineId}`,
      slots,
      labels: {},
      resources: {},
      ...facts,
    });
    assert.ok(this.state.engineReady(`e${engineId}`, slots, []));
  }

  /** A client, named before the dash of the id, submits a task. */
  submit(
    id: string,
    targets: readonly number[] = [],
    mode: TaskRequest["mode"] = "balanced",
    terms?: TaskTerms,
    payload: readonly Uint8Array[] = [],
  ): void {
    const client = id.slice(0, id.indexOf("-"));
    this.state.taskRequest(
      client,
      { ...request(id, targets, mode), terms },
      payload,
    );
  }

  /** A balanced task with terms. */
  ask(id: string, terms: TaskTerms): void {
    this.submit(id, [], "balanced", terms);
  }

  /** An engine says that a task ended well. */
  finish(
    engine: string,
    id: string,
    ms = 0,
    payload: readonly Uint8Array[] = [],
  ): boolean {
    return this.state.taskOutcome(engine, outcome(id, "ok", ms), payload);
  }

  /** An engine says that a task ended otherwise. */
  fail(
    engine: string,
    id: string,
    status: TaskOutcome["status"] = "error",
  ): boolean {
    return this.state.taskOutcome(engine, outcome(id, status, 0), []);
  }

  /** Takes what was said since last time. */
  take<T extends Message["type"]>(type: T): SaidOf<T>[] {
    const taken: SaidOf<T>[] = [];
    const left: Said[] = [];
    for (const one of this.said) {
      if (isOf(one, type)) taken.push(one);
      else left.push(one);
    }
    this.said = left;
    return taken;
  }

  /** Takes what was assigned, as `task>engine`. */
  assigned(): string[] {
    return this.take("task_assign").map(({ to, message }) =>
      `${message.id}>${to}`
    );
  }

  /** Takes the outcomes, as `task:status`. */
  outcomes(): string[] {
    return this.take("task_outcome").map(({ message }) =>
      `${message.id}:${message.status}`
    );
  }

  /** Takes the reasons of outcomes, as `task: reason`. */
  reasons(): string[] {
    return this.take("task_outcome").map(({ message }) =>
      `${message.id}: ${message.reason}`
    );
  }
}

/** A request for a call of {@linkcode HASH}. */
export function request(
  id: string,
  targets: readonly number[],
  mode: TaskRequest["mode"],
): TaskRequest {
  return {
    type: "task_request",
    id,
    mode,
    targets,
    work: { kind: "apply", function: HASH },
  };
}

/** What an engine says of the end of a task. */
export function outcome(
  id: string,
  status: TaskOutcome["status"],
  ms: number,
): TaskOutcome {
  return {
    type: "task_outcome",
    id,
    status,
    engineId: 99,
    startedMs: 1000,
    completedMs: 1000 + ms,
    outputs: 0,
  };
}
