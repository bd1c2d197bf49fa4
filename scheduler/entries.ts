/**
 * What the scheduler keeps in mind: tasks, the queues they wait in, and the
 * engines that hold them.
 *
 * @module
 */
import { Deque } from "../base/mod.ts";
import type {
  TaskAssign,
  TaskOutcome,
  TaskPermissions,
  Work,
} from "../messages/mod.ts";

/** One run of one request. */
export interface Task {
  /** The id that its client gave it. */
  readonly id: string;
  /** Routing id of its client. */
  readonly client: string;
  /** What to run. */
  readonly work: Work;
  /** How long it may run once it has started. */
  readonly timeoutMs: number | undefined;
  /** What it may do, where that is less than its engine allows. */
  readonly permissions: TaskPermissions | undefined;
  /** Its arguments, which the scheduler does not look into. */
  readonly payload: readonly Uint8Array[];
  /** Bytes of the payload. */
  readonly payloadBytes: number;
  /** Order of submission, for fairness between queues. */
  readonly order: number;
  /** Where it may run: the engine of a direct task, or any of a list. */
  readonly place: number | readonly number[];
  /** Where it runs, once it is assigned. */
  engine: EngineEntry | undefined;
  /** Nobody waits for it any more; it is passed over in its queue. */
  dropped: boolean;
}

/** Tasks that the same engines may run, first come first served. */
export interface TaskQueue {
  /** The engine ids allowed, as text; empty for any. */
  readonly key: string;
  /** The tasks that wait. */
  readonly tasks: Deque<Task>;
  /** Engine ids allowed; `undefined` for any. */
  readonly targets: ReadonlySet<number> | undefined;
}

/** One engine and what it has been given. */
export class EngineEntry {
  /** The engine's number. */
  readonly engineId: number;
  /** The engine's routing id. */
  readonly routingId: string;
  /** How many tasks it runs at once. */
  slots: number;
  /** Whether it has said that it is ready and is connected. */
  connected = false;
  /** Running mean of its task times; `undefined` before the first. */
  meanTaskMs: number | undefined;
  /** Tasks that it holds, by id, oldest first. */
  readonly assigned: Map<string, Task> = new Map();
  /** Hashes of the function sources that it was sent. */
  readonly functions: Set<string> = new Set();
  /** Direct tasks that wait for it. */
  readonly direct: Deque<Task> = new Deque();
  /** Queues of balanced tasks that it may take from. */
  readonly queues: Set<TaskQueue> = new Set();

  /** Makes an engine that is not connected yet. */
  constructor(engineId: number, routingId: string, slots: number) {
    this.engineId = engineId;
    this.routingId = routingId;
    this.slots = slots;
  }

  /** Tasks for each slot, rounded down. */
  get load(): number {
    return Math.floor(this.assigned.size / this.slots);
  }
}

/** Bytes of all parts together. */
export function byteLength(payload: readonly Uint8Array[]): number {
  let bytes = 0;
  for (const part of payload) bytes += part.byteLength;
  return bytes;
}

/** The outcome of a task that no engine ran to its end. */
export function unrunOutcome(
  id: string,
  status: TaskOutcome["status"],
  reason: string,
): TaskOutcome {
  return {
    type: "task_outcome",
    id,
    status,
    engineId: 0,
    startedMs: 0,
    completedMs: 0,
    outputs: 0,
    reason,
  };
}

/** What an engine is told of a task. */
export function assignMessage(task: Task): TaskAssign {
  return {
    type: "task_assign",
    id: task.id,
    client: task.client,
    work: task.work,
    ...(task.timeoutMs === undefined ? {} : { timeoutMs: task.timeoutMs }),
    ...(task.permissions && { permissions: task.permissions }),
  };
}
