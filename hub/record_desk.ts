/**
 * Answers what clients ask about records. Each sees the records of its own
 * key; read-only clients see all, and change nothing.
 *
 * @module
 */
import { type Clock, type LimitTally, toError } from "../base/mod.ts";
import {
  decodeCbor,
  functionOf,
  isPending,
  type KeptRequest,
  type Message,
  type PurgeRequest,
  type QueryRequest,
  readWork,
  type ResubmitRequest,
  type ResultRequest,
  type TaskRecordPart,
  type TaskResult,
  taskTerms,
  type WatchRequest,
} from "../messages/mod.ts";
import {
  bytesOf,
  EVERYTHING,
  type Filter,
  filterField,
  parseFilterJson,
  parseKeys,
  parseSort,
  type StoredTask,
  type TaskStore,
  UNFINISHED,
  unpackParts,
  withIds,
} from "../store/mod.ts";
import type { LiveTask } from "./record_book.ts";
import type { RecordKeeper } from "./record_keeper.ts";
import type { RecordWatches } from "./record_watches.ts";
import type { ResultWaiters } from "./result_waiters.ts";

/** Most records that one query gives. */
export const QUERY_RECORDS_MAX = 100_000;
/** Most questions that are being answered. */
export const RECORD_QUESTIONS_MAX = 256;
/** Most tasks that are submitted again at once. */
export const RESUBMITTED_MAX = 1_000;
/** How long a task may be unknown because it is new. */
const UNKNOWN_GRACE_MS = 1_500;
/** About how many bytes of records one reply carries. */
const REPLY_BYTES = 1 << 20;
/** Results that are looked up at once: each may be large. */
const RESULTS_AT_ONCE = 16;

/** Who asks. */
export interface Asker {
  /** Its routing id. */
  readonly routingId: string;
  /** Name of its key. */
  readonly owner: string;
  /** Whether it may only look; then it sees the records of all. */
  readonly isReadOnly: boolean;
}

/** What clients ask about records. */
export type RecordQuestion =
  | PurgeRequest
  | QueryRequest
  | ResubmitRequest
  | ResultRequest
  | WatchRequest;

/** Options of {@linkcode RecordDesk}. */
export interface RecordDeskOptions {
  /** Where records are kept. */
  readonly store: TaskStore;
  /** Who keeps them. */
  readonly keeper: RecordKeeper;
  /** Who watches. */
  readonly watches: RecordWatches;
  /** Who waits. */
  readonly waiters: ResultWaiters<Asker>;
  /** Hears first what schedulers have gathered. */
  readonly refresh: () => Promise<void>;
  /** Time. */
  readonly clock: Clock;
  /** Counts limits that are reached. */
  readonly tally?: LimitTally | undefined;
  /** Says something to a client. */
  readonly send: (
    client: string,
    message: Message,
    payload?: readonly Uint8Array[],
  ) => void;
}

/** Answers questions about records. */
export class RecordDesk {
  readonly #options: RecordDeskOptions;
  #questions = 0;

  /** Makes a desk that answers from a store. */
  constructor(options: RecordDeskOptions) {
    this.#options = options;
  }

  /** A client asks; whatever goes wrong is part of the answer. */
  async ask(asker: Asker, question: RecordQuestion): Promise<void> {
    if (this.#questions >= RECORD_QUESTIONS_MAX) {
      this.#options.tally?.reached("RECORD_QUESTIONS_MAX");
      const problem = `at most ${RECORD_QUESTIONS_MAX} questions at once`;
      return this.#refuse(asker, question, problem);
    }
    this.#questions++;
    try {
      await this.#answer(asker, question);
    } catch (thrown) {
      this.#refuse(asker, question, toError(thrown).message);
    } finally {
      this.#questions--;
    }
  }

  /** A record changed: those who wait for its end may have it. */
  changed(task: LiveTask): void {
    const { waiters, watches } = this.#options;
    const { id, status } = task.record;
    if (watches.size > 0) watches.changed(task.record);
    if (waiters.size === 0) return;
    waiters.known(id);
    if (isPending(status)) return;
    for (const asker of waiters.take(id)) {
      // It may have asked before anybody knew whose task that is.
      if (sees(asker, task)) this.#tellResult(asker.routingId, task);
      else this.#noResult(asker.routingId, id);
    }
  }

  /** Tells those who wait for tasks that nobody has heard of. */
  tick(nowMs: number): void {
    const { waiters } = this.#options;
    for (const id of waiters.expired(nowMs)) {
      for (const { routingId } of waiters.take(id)) {
        this.#noResult(routingId, id);
      }
    }
  }

  async #answer(asker: Asker, question: RecordQuestion): Promise<void> {
    if (question.type !== "watch_request") await this.#options.refresh();
    switch (question.type) {
      case "query_request":
        return this.#query(asker, question);
      case "result_request":
        return this.#results(asker, question.ids);
      case "purge_request":
        return this.#purge(asker, question);
      case "resubmit_request":
        return this.#resubmit(asker, question);
      case "watch_request": {
        const wanted = parseFilterJson(question.filter);
        const filter = visible(asker, wanted);
        const { watches, keeper } = this.#options;
        // What came before is no news.
        keeper.catchUp();
        return watches.add(asker.routingId, question.watchId, filter);
      }
    }
  }

  async #query(asker: Asker, question: QueryRequest): Promise<void> {
    const { store, keeper, send } = this.#options;
    const { requestId, limit } = question;
    const filter = visible(asker, parseFilterJson(question.filter));
    const keys = parseKeys(question.keys);
    const sort = parseSort(question.sort);
    await keeper.settle();
    const type = "query_reply";
    if (limit === 0) {
      const count = await store.count(filter);
      const reply = {
        type,
        requestId,
        records: [],
        count,
        more: false,
      } as const;
      return send(asker.routingId, reply);
    }
    const found = await store.query(filter, {
      keys,
      sort,
      limit: Math.min(limit, QUERY_RECORDS_MAX),
    });
    if (limit > QUERY_RECORDS_MAX && found.length >= QUERY_RECORDS_MAX) {
      this.#options.tally?.reached("QUERY_RECORDS_MAX");
    }
    for (const { records, more } of portions(found)) {
      send(asker.routingId, { type, requestId, records, count: 0, more });
    }
  }

  async #results(asker: Asker, ids: readonly string[]): Promise<void> {
    const { keeper, waiters, clock } = this.#options;
    const client = asker.routingId;
    for (let from = 0; from < ids.length; from += RESULTS_AT_ONCE) {
      const some = ids.slice(from, from + RESULTS_AT_ONCE);
      const found = await keeper.get(some);
      for (const id of some) {
        const task = found.get(id);
        if (task !== undefined && !sees(asker, task)) {
          this.#noResult(client, id);
        } else if (task !== undefined && !isPending(task.record.status)) {
          this.#tellResult(client, task);
        } else if (!waiters.hasRoom) {
          this.#options.tally?.reached("RESULTS_AWAITED_MAX");
          this.#noResult(client, id, "too many clients wait for results");
        } else {
          waiters.add(id, asker);
          if (task !== undefined) continue;
          waiters.notKnown(id, clock.monotonic() + UNKNOWN_GRACE_MS);
        }
      }
      // Large results go out before more of them are looked up.
      if (from + RESULTS_AT_ONCE < ids.length) {
        await new Promise<void>((resolve) => clock.setTimer(0, resolve));
      }
    }
  }

  async #purge(asker: Asker, question: PurgeRequest): Promise<void> {
    const { store, keeper, send } = this.#options;
    const { requestId, what, ids, engineId } = question;
    await keeper.settle();
    let filter: Filter = EVERYTHING;
    if (what === "engine") {
      const field = filterField("engineId");
      filter = { kind: "in", field, values: [engineId ?? -1] };
    } else if (what === "ids") {
      filter = visible(asker, withIds(ids));
      const pending = { kind: "and", parts: [filter, UNFINISHED] } as const;
      const [one] = await store.query(pending, {
        keys: ["id"],
        sort: [],
        limit: 1,
      });
      if (one !== undefined) {
        throw new Error(`task ${one.id} has not ended; cancel it first`);
      }
    }
    const ended: Filter = { kind: "not", part: UNFINISHED };
    const purged = await store.purge(
      visible(asker, { kind: "and", parts: [filter, ended] }),
    );
    send(asker.routingId, { type: "purge_reply", requestId, purged });
  }

  async #resubmit(asker: Asker, question: ResubmitRequest): Promise<void> {
    const { keeper, send } = this.#options;
    const { requestId, ids } = question;
    if (ids.length > RESUBMITTED_MAX) {
      this.#options.tally?.reached("RESUBMITTED_MAX");
      throw new Error(`at most ${RESUBMITTED_MAX} tasks at once`);
    }
    const found = await keeper.get(ids);
    const requests: KeptRequest[] = [];
    const payload: Uint8Array[] = [];
    for (const id of ids) {
      const task = found.get(id);
      if (task === undefined || !sees(asker, task)) {
        throw new Error(`there is no record of task ${id}`);
      }
      const { request, parts } = await this.#request(task);
      requests.push(request);
      payload.push(...parts);
    }
    const reply = { type: "resubmit_reply", requestId, requests } as const;
    send(asker.routingId, reply, payload);
  }

  async #request(
    { record, request }: StoredTask,
  ): Promise<{ request: KeptRequest; parts: Uint8Array[] }> {
    const [about, ...parts] = request === undefined ? [] : unpackParts(request);
    if (about === undefined) {
      throw new Error(
        `the request of task ${record.id} was not kept (${record.requestKept})`,
      );
    }
    const { work, terms, timeoutMs } = readAbout(about);
    const hash = functionOf(work);
    const unit = hash === undefined
      ? undefined
      : await this.#options.store.getFunction(hash);
    if (hash !== undefined && unit === undefined) {
      throw new Error(`the function of task ${record.id} was not kept`);
    }
    const own = unit === undefined ? parts : [unit, ...parts];
    return {
      request: {
        work,
        mode: record.mode,
        targets: record.targets,
        terms,
        timeoutMs,
        hasUnit: unit !== undefined,
        parts: own.length,
      },
      parts: own,
    };
  }

  #tellResult(client: string, { record, result }: StoredTask): void {
    const { status } = record;
    const message: TaskResult = {
      type: "task_result",
      id: record.id,
      status: status === "queued" || status === "running" ? undefined : status,
      engineId: record.engineId ?? 0,
      submittedMs: record.submittedMs,
      startedMs: record.startedMs ?? 0,
      completedMs: record.completedMs ?? 0,
      reason: record.reason,
      resultBytes: record.resultBytes,
      kept: record.resultKept,
      stdout: record.stdout,
      stderr: record.stderr,
      outputDropped: record.outputDropped,
    };
    const payload = result === undefined ? [] : unpackParts(result);
    this.#options.send(client, message, payload);
  }

  #noResult(
    client: string,
    id: string,
    problem =
      "there is no record of it: it was never submitted to this cluster, or is forgotten",
  ): void {
    this.#options.send(client, {
      type: "task_result",
      id,
      engineId: 0,
      submittedMs: 0,
      startedMs: 0,
      completedMs: 0,
      resultBytes: 0,
      kept: "none",
      stdout: "",
      stderr: "",
      outputDropped: 0,
      problem,
    });
  }

  #refuse(
    { routingId }: Asker,
    question: RecordQuestion,
    problem: string,
  ): void {
    const { send, watches } = this.#options;
    switch (question.type) {
      case "query_request": {
        const { requestId } = question;
        const none = { records: [], count: 0, more: false };
        return send(routingId, {
          type: "query_reply",
          requestId,
          ...none,
          problem,
        });
      }
      case "result_request":
        for (const id of question.ids) this.#noResult(routingId, id, problem);
        return;
      case "purge_request": {
        const { requestId } = question;
        return send(routingId, {
          type: "purge_reply",
          requestId,
          purged: 0,
          problem,
        });
      }
      case "resubmit_request": {
        const { requestId } = question;
        return send(routingId, {
          type: "resubmit_reply",
          requestId,
          requests: [],
          problem,
        });
      }
      case "watch_request":
        return watches.refuse(routingId, question.watchId, problem);
    }
  }
}

function visible({ isReadOnly, owner }: Asker, filter: Filter): Filter {
  if (isReadOnly) return filter;
  const own: Filter = {
    kind: "in",
    field: filterField("owner"),
    values: [owner],
  };
  return { kind: "and", parts: [own, filter] };
}

function sees({ isReadOnly, owner }: Asker, { record }: StoredTask): boolean {
  return isReadOnly || record.owner === owner;
}

function readAbout(
  bytes: Uint8Array,
): Pick<KeptRequest, "work" | "terms" | "timeoutMs"> {
  // Written by this hub's own book, or by an earlier one's.
  const about = decodeCbor(bytes) as {
    work: Parameters<typeof readWork>[0];
    terms: Parameters<typeof taskTerms>[0] | null;
    timeoutMs?: number;
  };
  return {
    work: readWork(about.work),
    terms: about.terms === null ? undefined : taskTerms(about.terms),
    timeoutMs: about.timeoutMs,
  };
}

/** Records in replies that are not too large. */
function* portions(
  records: readonly TaskRecordPart[],
): Generator<{ records: readonly TaskRecordPart[]; more: boolean }> {
  let from = 0;
  let bytes = 0;
  for (const [index, record] of records.entries()) {
    const size = partBytes(record);
    if (bytes > 0 && bytes + size > REPLY_BYTES) {
      yield { records: records.slice(from, index), more: true };
      from = index;
      bytes = 0;
    }
    bytes += size;
  }
  yield { records: records.slice(from), more: false };
}

function partBytes(record: TaskRecordPart): number {
  return bytesOf({
    record: {
      ...record,
      stdout: record.stdout ?? "",
      stderr: record.stderr ?? "",
      targets: record.targets ?? [],
    },
  });
}
