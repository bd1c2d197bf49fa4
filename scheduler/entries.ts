/**
 * What the scheduler keeps in mind: tasks and the engines that hold them.
 *
 * @module
 */
import type { EngineInfo, EngineQueue } from "../messages/mod.ts";
import type { AskedFor } from "./asked_for.ts";
import type { ClientAccount } from "./client_account.ts";
import type { Deadline } from "./deadlines.ts";
import type { DependencyWatch } from "./dependency_policy.ts";
import type { OutcomeGroup } from "./outcome_group.ts";
import { type HeldPayload, partsOf } from "./payload_room.ts";
import type { PlacementNeeds } from "./placement_needs.ts";
import { ReadyQueue } from "./ready_queue.ts";
import type { SeenTask } from "./task_observer.ts";

/** Where a task is on its way. */
export type TaskPhase =
  /** It waits for a function's source, other tasks, or its next attempt. */
  | "waiting"
  /** It waits for an engine. */
  | "queued"
  /** An engine has it. */
  | "assigned"
  /** It has its outcome, or nobody waits for it. */
  | "ended";

/** How a task begins. */
export interface TaskStart {
  /** The id that its client gave it. */
  readonly id: string;
  /** Its client. */
  readonly client: ClientAccount;
  /** What its client asked for. */
  readonly request: AskedFor;
  /** Its arguments. */
  readonly payload: HeldPayload;
  /** Order of submission. */
  readonly order: number;
  /** Where it may run. */
  readonly place: number | readonly number[];
}

const NO_PAYLOAD: readonly Uint8Array[] = [];

/**
 * One run of one request. A million may wait, and what lives long is moved
 * and looked through again and again: a task is one object, and shares what
 * it can with others.
 */
export class Task {
  /** The id that its client gave it. */
  readonly id: string;
  /** Its client. */
  readonly client: ClientAccount;
  /** What its client asked for; a direct request has a task for each target. */
  readonly request: AskedFor;
  /** Bytes that it holds: its payload and the values that it waits for. */
  payloadBytes: number;
  /** Higher goes first. */
  readonly priority: number;
  /** Order of submission. */
  readonly order: number;
  /** Where it may run: the engine of a direct task, or any of a list. */
  readonly place: number | readonly number[];
  /** Where it is on its way. */
  phase: TaskPhase = "waiting";
  /** Which engines may run it; `undefined` until that is known. */
  placement: Placement | undefined = undefined;
  /** The lane that it waits in. */
  lane: object | undefined = undefined;
  /** Where it runs, once it is assigned. */
  engine: EngineEntry | undefined = undefined;
  /** What only few tasks need. */
  extra: TaskExtra | undefined = undefined;
  /** What its observer remembers of it, and nobody else looks at. */
  seen: SeenTask | undefined = undefined;
  /** The task of its client that was submitted before it. */
  before: Task | undefined = undefined;
  /** The task of its client that was submitted after it. */
  behind: Task | undefined = undefined;
  #held: HeldPayload["held"];
  #at: number;
  #bytes: number;

  /** Makes a task that waits. */
  constructor({ id, client, request, payload, order, place }: TaskStart) {
    this.id = id;
    this.client = client;
    this.request = request;
    this.payloadBytes = payload.bytes;
    this.priority = request.terms?.priority ?? 0;
    this.order = order;
    this.place = place;
    this.#held = payload.held;
    this.#at = payload.at;
    this.#bytes = payload.bytes;
  }

  /** Its arguments, which the scheduler does not look into. */
  get payload(): readonly Uint8Array[] {
    return partsOf(this.#held, this.#at, this.#bytes);
  }

  /** Lets go of its arguments. */
  release(): void {
    this.#held = NO_PAYLOAD;
  }
}

/** What only tasks with terms, or in trouble, need. */
export interface TaskExtra {
  /** What it waits for before it can be queued. */
  blockers: number;
  /** The tasks that it comes after. */
  after: DependencyWatch | undefined;
  /** The tasks that it wants to be near to. */
  follow: DependencyWatch | undefined;
  /** The values that it waits for or has, in their order. */
  values: (readonly Uint8Array[] | undefined)[] | undefined;
  /** Tasks that wait for this one. */
  dependents: Set<DependencyEdge> | undefined;
  /** What it waits for of others. */
  edges: DependencyEdge[] | undefined;
  /** How often it has been retried. */
  retries: number;
  /** How often it may have been given to an engine before, for nothing. */
  earlier: number;
  /** Its engine had it before we knew of it, and says which run it is. */
  isAdopted: boolean;
  /** Engines that did not want it. */
  refusedBy: Set<number> | undefined;
  /** When something is to happen to it. */
  deadline: Deadline | undefined;
  /** Why its wait is over, while it may not have started. */
  overdue: string | undefined;
  /** Why nobody wants it any more, while an engine still has it. */
  cancelReason: string | undefined;
  /** Its client is gone. */
  isAbandoned: boolean;
  /** Its engine has been asked to give it back. */
  isRecalled: boolean;
  /** Outcomes that go out together with its own. */
  group: OutcomeGroup | undefined;
}

/** One task waits for another. */
export interface DependencyEdge {
  /** The one that is waited for. */
  readonly on: Task;
  /** The one that waits. */
  readonly task: Task;
  /** What for: a position among its inputs, or one of its dependencies. */
  readonly role: "after" | "follow" | number;
}

/** The extra of a task, made when there is none yet. */
export function extraOf(task: Task): TaskExtra {
  return task.extra ??= {
    blockers: 0,
    after: undefined,
    follow: undefined,
    values: undefined,
    dependents: undefined,
    edges: undefined,
    retries: 0,
    earlier: 0,
    isAdopted: false,
    refusedBy: undefined,
    deadline: undefined,
    overdue: undefined,
    cancelReason: undefined,
    isAbandoned: false,
    isRecalled: false,
    group: undefined,
  };
}

/** What the hub says of an engine, as far as it matters here. */
export type EngineFacts = Pick<
  EngineInfo,
  "engineId" | "routingId" | "slots" | "labels" | "resources"
>;

/** One engine and what it has been given. */
export class EngineEntry {
  /** The engine's number. */
  readonly engineId: number;
  /** The engine's routing id. */
  readonly routingId: string;
  /** Free words that its starter gave it. */
  readonly labels: Readonly<Record<string, string>>;
  /** How much it has of what tasks may ask for. */
  readonly resources: Readonly<Record<string, number>>;
  /** How much of it is free. */
  readonly free: Map<string, number>;
  /** How many tasks it runs at once. */
  slots: number;
  /** Whether it has said that it is ready and is connected. */
  connected = false;
  /** Whether it is to get no new work. */
  draining = false;
  /** Running mean of its task times; `undefined` before the first. */
  meanTaskMs: number | undefined;
  /** Tasks that it holds, by id, oldest first. */
  readonly assigned: Map<string, Task> = new Map();
  /** Hashes of the function sources that it was sent. */
  readonly functions: Set<string> = new Set();
  /** Where direct tasks wait for it. */
  readonly direct: Set<Placement> = new Set();
  /** Where balanced tasks wait that it may take. */
  readonly balanced: Set<Placement> = new Set();
  /** Grows with each task that it is given, over all engines. */
  usedOrder = 0;
  /** How many outcomes it has sent. */
  outcomes = 0;
  /** It gave tasks back: until its next outcome it gets none ahead. */
  isStalled = false;

  /** Makes an engine that is not connected yet. */
  constructor(facts: EngineFacts) {
    this.engineId = facts.engineId;
    this.routingId = facts.routingId;
    this.slots = facts.slots;
    this.labels = facts.labels;
    this.resources = facts.resources;
    this.free = new Map(Object.entries(facts.resources));
  }

  /** How many tasks it has. */
  get queue(): EngineQueue {
    let queued = 0;
    for (const { ready } of this.direct) queued += ready.size;
    return {
      engineId: this.engineId,
      queued,
      running: this.assigned.size,
      finished: this.outcomes,
    };
  }

  /** Tasks for each slot, rounded down. */
  get load(): number {
    return Math.floor(this.assigned.size / this.slots);
  }

  /** How many tasks it holds beyond those that can run. */
  get surplus(): number {
    return Math.max(0, this.assigned.size - this.slots);
  }
}

/** Sums of resources may be off by less than this. */
const ROUNDING = 1e-9;

/** Tasks with the same needs, and the engines that meet them. */
export class Placement {
  /** The needs, as text. */
  readonly key: string;
  /** What its tasks ask for. */
  readonly needs: PlacementNeeds;
  /** The tasks that wait. */
  readonly ready: ReadyQueue<Task> = new ReadyQueue();
  /** Engines of the cluster that meet the needs, busy or not. */
  readonly eligible: Set<EngineEntry> = new Set();
  /** Resources asked for, where there are any. */
  readonly amounts: readonly (readonly [name: string, amount: number])[];
  /** How often others were served while resources were short here. */
  bypassed = 0;
  readonly #targets: ReadonlySet<number> | undefined;
  readonly #labels: readonly (readonly [name: string, value: string])[];

  /** Makes a placement that no engine has been shown yet. */
  constructor(key: string, needs: PlacementNeeds) {
    this.key = key;
    this.needs = needs;
    this.#targets = needs.targets.length === 0
      ? undefined
      : new Set(needs.targets);
    this.#labels = Object.entries(needs.labels ?? {});
    this.amounts = Object.entries(needs.resources ?? {})
      .filter(([, amount]) => amount > 0);
  }

  /** Whether an engine could run these tasks, if it had nothing to do. */
  isMetBy(entry: EngineEntry): boolean {
    if (this.#targets?.has(entry.engineId) === false) return false;
    for (const [name, value] of this.#labels) {
      if (entry.labels[name] !== value) return false;
    }
    for (const [name, amount] of this.amounts) {
      if ((entry.resources[name] ?? 0) + ROUNDING < amount) return false;
    }
    return true;
  }

  /** Whether an engine has enough resources free. */
  fits(entry: EngineEntry): boolean {
    for (const [name, amount] of this.amounts) {
      if ((entry.free.get(name) ?? 0) + ROUNDING < amount) return false;
    }
    return true;
  }

  /** Whether both ask for some resource. */
  competesWith(other: Placement): boolean {
    return this.amounts.some(([name]) =>
      other.amounts.some(([theirs]) => theirs === name)
    );
  }

  /** Takes resources of an engine (`sign` 1), or gives them back (-1). */
  occupy(entry: EngineEntry, sign: 1 | -1): void {
    for (const [name, amount] of this.amounts) {
      entry.free.set(name, (entry.free.get(name) ?? 0) - sign * amount);
    }
  }

  /** What no engine has, for people. */
  get wish(): string {
    const { targets } = this.needs;
    const parts = [
      ...(targets.length > 0 ? [`one of the ids ${targets.join(", ")}`] : []),
      ...this.#labels.map(([name, value]) => `label ${name}=${value}`),
      ...this.amounts.map(([name, amount]) => `resource ${name}=${amount}`),
    ];
    return parts.join(" and ");
  }
}
