/**
 * Records of tasks in the hands of a client: what was done, how it ended, and
 * the results of others.
 *
 * @module
 */
import { LimitError, toError } from "../base/mod.ts";
import type { RecordStatus, TaskRecordPart } from "../messages/mod.ts";
import type { InputJoin } from "../functions/mod.ts";
import { AsyncResult } from "./async_result.ts";
import { RecordWatch } from "./record_watch.ts";
import type { Session } from "./session.ts";
import { TaskRun } from "./task_run.ts";
import {
  listsJoined,
  oneValue,
  type ResultShape,
  valueEach,
} from "./result_shape.ts";

/**
 * A filter of records: fields with the values they must have, or with
 * operators (`$eq $ne $lt $lte $gt $gte $in $nin $all $glob $mod $exists`),
 * and `$and`, `$or`, `$not` of filters. A `Date` stands for its milliseconds.
 */
export type RecordFilter = { readonly [field: string]: unknown };

/** Options of {@linkcode Records.query}. */
export interface QueryOptions {
  /** The fields that are wanted besides the id. @default all */
  readonly keys?: readonly string[];
  /**
   * The fields to sort by, with `-` before those that go downwards.
   * @default the time of submission
   */
  readonly sort?: string | readonly string[];
  /** Most records, at most 100,000. @default 1,000 */
  readonly limit?: number;
}

/** What {@linkcode AsyncResult.toJSON} gives, or the ids themselves. */
export type TaskHandle =
  | string
  | readonly string[]
  | {
    /** The ids of the tasks. */
    readonly taskIds: readonly string[];
    /** How their values become one. @default "list" */
    readonly join?: InputJoin;
  };

/** Which records to forget. */
export type PurgeTarget = "all" | string | readonly string[] | {
  /** Those of one engine. */
  readonly engine: number;
};

/** Records that a history holds. */
const HISTORY_MAX = 100_000;
const QUERY_LIMIT = 1_000;
/** Ids of one question: an answer stays small. */
const IDS_AT_ONCE = 5_000;

/** The records that a client may see. */
export class Records {
  readonly #session: Session;

  /** Records are reached through clients. */
  constructor(session: Session) {
    this.#session = session;
  }

  /** The records that fit a filter. */
  async query(
    filter: RecordFilter,
    options: QueryOptions = {},
  ): Promise<TaskRecordPart[]> {
    const { keys = [], sort = "submittedMs", limit = QUERY_LIMIT } = options;
    if (!Number.isInteger(limit) || limit < 1 || limit > HISTORY_MAX) {
      throw new RangeError(
        `Cannot query ${limit} records: from 1 to ${HISTORY_MAX}`,
      );
    }
    const reply = await this.#session.records.query({
      filter: filterText(filter),
      keys: [...keys],
      sort: typeof sort === "string" ? [sort] : [...sort],
      limit,
    });
    throwIf(reply.problem);
    return [...reply.records];
  }

  /** How many records fit a filter. */
  async count(filter: RecordFilter): Promise<number> {
    const text = filterText(filter);
    const reply = await this.#session.records.query({
      ...{ filter: text, keys: [], sort: [], limit: 0 },
    });
    throwIf(reply.problem);
    return reply.count;
  }

  /** The ids of the last tasks, the oldest first. */
  async history(): Promise<string[]> {
    const newest = await this.query({}, {
      keys: ["id"],
      sort: ["-submittedMs", "-id"],
      limit: HISTORY_MAX,
    });
    return newest.map(({ id }) => id).reverse();
  }

  /** Where tasks are, or how they ended; `undefined` without a record. */
  async resultStatus(
    ids: readonly string[],
  ): Promise<Map<string, RecordStatus | undefined>> {
    const found = new Map<string, RecordStatus | undefined>(
      ids.map((id) => [id, undefined]),
    );
    for (let from = 0; from < ids.length; from += IDS_AT_ONCE) {
      const some = ids.slice(from, from + IDS_AT_ONCE);
      const records = await this.query({ id: { $in: some } }, {
        keys: ["status"],
        limit: IDS_AT_ONCE,
      });
      for (const { id, status } of records) found.set(id, status);
    }
    return found;
  }

  /** The results of tasks, now or when they end. */
  attach<T>(handle: TaskHandle): AsyncResult<T> {
    const isOne = typeof handle === "string";
    const ids = isOne
      ? [handle]
      : "taskIds" in handle
      ? handle.taskIds
      : handle;
    checkIds(ids);
    const session = this.#session;
    const nowMs = session.clock.now();
    const runs = ids.map((id) => new TaskRun(id, nowMs));
    const result = this.#result<T>(runs, isOne ? "one" : joinOf(handle));
    session.records.attach(runs);
    return result;
  }

  /** Submits tasks again, as new ones of this client. */
  resubmit<T>(ids: string | readonly string[]): AsyncResult<T> {
    const isOne = typeof ids === "string";
    const list = isOne ? [ids] : ids;
    checkIds(list);
    const reserved = list.map(() => this.#session.reserve());
    void this.#resubmit(list, reserved.map(({ id }) => id));
    return this.#result<T>(reserved, isOne ? "one" : "list");
  }

  /** Forgets records of tasks that have ended; how many. */
  async purge(target: PurgeTarget): Promise<number> {
    const questions = this.#session.records;
    const reply = target === "all"
      ? await questions.purge("all", [])
      : typeof target === "object" && "engine" in target
      ? await questions.purge("engine", [], target.engine)
      : await questions.purge("ids", checkIds([target].flat()));
    throwIf(reply.problem);
    return reply.purged;
  }

  /** The records that fit, as they change. */
  watch(filter: RecordFilter): RecordWatch {
    return new RecordWatch(this.#session.records, filterText(filter));
  }

  async #resubmit(
    ids: readonly string[],
    newIds: readonly string[],
  ): Promise<void> {
    const session = this.#session;
    try {
      const { message, payload } = await session.records.requests(ids);
      throwIf(message.problem);
      let at = 0;
      for (const [index, request] of message.requests.entries()) {
        const { hasUnit, parts, work, mode, targets, terms } = request;
        const own = payload.slice(at, at + parts);
        at += parts;
        const [unit] = hasUnit ? own : [];
        session.submitReserved(newIds[index] ?? "", {
          mode: "balanced",
          targets: mode === "direct" ? targets.slice(0, 1) : targets,
          work,
          payload: hasUnit ? own.slice(1) : own,
          timeoutMs: request.timeoutMs,
          terms,
        }, unit);
      }
    } catch (thrown) {
      const error = toError(thrown);
      for (const id of newIds) session.failReserved(id, error);
    }
  }

  #result<T>(runs: readonly TaskRun[], join: InputJoin): AsyncResult<T> {
    return new AsyncResult<T>({
      runs,
      // The caller says what the tasks return; nobody here can know.
      shape: shapeOf(join) as never,
      host: this.#session,
    });
  }
}

function shapeOf(join: InputJoin): ResultShape<unknown> {
  switch (join) {
    case "one":
      return oneValue();
    case "list":
      return valueEach();
    case "joined":
      return listsJoined();
  }
}

function joinOf(handle: Exclude<TaskHandle, string>): InputJoin {
  return "taskIds" in handle ? handle.join ?? "list" : "list";
}

function checkIds(ids: readonly string[]): readonly string[] {
  for (const id of ids) {
    if (typeof id === "string" && id !== "") continue;
    throw new TypeError(
      `Cannot find task ${JSON.stringify(id)}: an id is a text`,
    );
  }
  return ids;
}

function filterText(filter: RecordFilter): string {
  if (typeof filter !== "object" || filter === null) {
    throw new TypeError("Cannot query: a filter is an object of fields");
  }
  // JSON would turn a date into a text.
  return JSON.stringify(filter, function (this: unknown, name, value) {
    const own: unknown = Object(this)[name];
    return own instanceof Date ? own.getTime() : value;
  });
}

/** What the hub refuses is either a mistake of the caller or a limit. */
function throwIf(problem: string | undefined): void {
  if (problem === undefined) return;
  if (problem.startsWith("Cannot read query")) throw new TypeError(problem);
  throw new LimitError(`Cannot look at records: ${problem}`);
}
