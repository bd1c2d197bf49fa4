import type {
  DashboardSource,
  EngineAction,
  TaskPage,
  TaskQuestion,
  TaskRow,
} from "./dashboard_source.ts";
import {
  DURATION_BOUNDS,
  type EngineStack,
  type ProcessStatus,
  type StatusReply,
} from "../messages/mod.ts";

/** A cluster that is made up, and remembers what was asked of it. */
export class FakeSource implements DashboardSource {
  /** What was done. */
  readonly done: string[] = [];
  /** Fails when set. */
  trouble: Error | undefined;
  #finished = 0;
  readonly #engines: number;
  readonly #tasks: number;

  constructor(engines: number, tasks: number) {
    this.#engines = engines;
    this.#tasks = tasks;
  }

  status(): Promise<StatusReply> {
    if (this.trouble !== undefined) return Promise.reject(this.trouble);
    this.#finished += 100;
    const engines = Array.from(
      { length: this.#engines },
      (_, id) =>
        processOf("engine", {
          engineId: id,
          host: `node-${id >> 4}`,
          running: id % 3,
          finished: this.#finished + id,
          labels: { rack: `r${id % 4}` },
        }),
    );
    return Promise.resolve({
      type: "status_reply",
      requestId: 0,
      clusterId: "demo",
      uptimeMs: 65_000,
      clients: 2,
      figures: {
        store: "sqlite",
        ended: { ok: 90, error: 10 },
        waited: { counts: classes(40, 60), sum: 1.5 },
        ran: { counts: classes(0, 99, 1), sum: 4_000.25 },
        observed: 240,
        dropped: 3,
        storeFailures: 2,
        liveRecords: 11,
        refused: 4,
      },
      processes: [
        processOf("hub", {}),
        processOf("scheduler", {
          running: this.#engines,
          queued: 17,
          finished: this.#finished,
        }),
        ...engines,
      ],
    });
  }

  stack(targets: readonly number[]): Promise<readonly EngineStack[]> {
    return Promise.resolve(targets.map((engineId) => ({
      engineId,
      slots: [{
        slot: 0,
        state: "running" as const,
        taskId: "c-1",
        frames: ["slow (ippd:slow:2:3)"],
      }],
    })));
  }

  tasks({ filter, limit, skip }: TaskQuestion): Promise<TaskPage> {
    if ("nonsense" in filter) {
      throw new TypeError("Cannot query: nonsense is no field");
    }
    const status = filter["status"];
    const step = status === "error" ? 10 : 1;
    const total = Math.floor(this.#tasks / step);
    const length = Math.max(0, Math.min(limit, total - skip));
    const tasks = Array.from(
      { length },
      (_, index) => taskRow(this.#tasks - 1 - (skip + index) * step),
    );
    return Promise.resolve({ tasks, total });
  }

  task(id: string): Promise<Readonly<Record<string, unknown>> | undefined> {
    const number = Number(id.slice(2));
    return Promise.resolve(
      number < this.#tasks
        ? { ...taskRow(number), stdout: "hello from the task\n", tags: ["a"] }
        : undefined,
    );
  }

  logs(): ReturnType<DashboardSource["logs"]> {
    return Promise.resolve([{
      name: "engine-7",
      lines: ["it began", "it ran"],
    }]);
  }

  act(action: EngineAction, targets: readonly number[]): Promise<void> {
    if (targets.includes(13)) {
      return Promise.reject(new Error("Cannot stop engine 13: it will not"));
    }
    this.done.push(`${action} ${targets.join(",")}`);
    return Promise.resolve();
  }

  scale(engines: number): Promise<void> {
    this.done.push(`scale ${engines}`);
    return Promise.resolve();
  }
}

const BEGIN_MS = 1_700_000_000_000;

function taskRow(number: number): TaskRow {
  const startedMs = BEGIN_MS + Math.floor(number / 8) * 20;
  return {
    id: `c-${number}`,
    status: number % 10 === 9 ? "error" : "ok",
    label: `sweep-${number % 5}`,
    work: "simulate",
    engineId: number % 8,
    submittedMs: startedMs - 5,
    startedMs,
    completedMs: startedMs + 10 + number % 8,
    attempts: 1,
  };
}

function processOf(
  role: string,
  fields: Partial<ProcessStatus>,
): ProcessStatus {
  return {
    role,
    engineId: 0,
    host: "h",
    pid: 1,
    slots: 2,
    labels: {},
    running: 0,
    queued: 0,
    finished: 0,
    memoryBytes: 90 << 20,
    silentMs: 400,
    ...fields,
  };
}

/** Figures whose first classes hold so many durations, the last one the last. */
function classes(...counts: readonly number[]): number[] {
  const all = new Array<number>(DURATION_BOUNDS.length + 1).fill(0);
  for (const [index, count] of counts.entries()) {
    all[index === 2 ? all.length - 1 : index] = count;
  }
  return all;
}
