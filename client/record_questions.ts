/**
 * What a client asks the hub about records, and what it hears.
 *
 * @module
 */
import { type Clock, ConnectionError, LimitError } from "../base/mod.ts";
import type {
  Message,
  PurgeReply,
  QueryReply,
  QueryRequest,
  QueueReply,
  ResubmitReply,
  TaskRecordPart,
  TaskResult,
  WatchEvent,
} from "../messages/mod.ts";
import { PendingReplies } from "./pending_replies.ts";
import type { TaskRun } from "./task_run.ts";

/** How long the hub may take to look records up. */
const RECORDS_TIMEOUT_MS = 60_000;

/** Most tasks of others whose results a client waits for. */
export const ATTACHED_TASKS_MAX = 100_000;

/** Options of {@linkcode RecordQuestions}. */
export interface RecordQuestionsOptions {
  /** Time. */
  readonly clock: Clock;
  /** Says something to the hub; throws when there will be no answer. */
  readonly send: (message: Message) => void;
}

/** A reply about records, and what came with it. */
export interface RecordReply<M extends Message> {
  /** What was said. */
  readonly message: M;
  /** The bytes that came with it. */
  readonly payload: readonly Uint8Array[];
}

interface Attached {
  readonly run: TaskRun;
  readonly also: TaskRun[];
}

/** Hears the events of a watch. */
export interface WatchListener {
  /** Something changed, or the watch cannot be. */
  heard(event: WatchEvent): void;
  /** The connection to the hub is new: the watch has to be asked for again. */
  reconnected(): void;
  /** No more events will come. */
  ended(error: Error): void;
}

/** Questions about records. */
export class RecordQuestions {
  readonly #options: RecordQuestionsOptions;
  readonly #replies: PendingReplies;
  readonly #portions = new Map<number, TaskRecordPart[]>();
  readonly #payloads = new Map<number, readonly Uint8Array[]>();
  readonly #attached = new Map<string, Attached>();
  readonly #watches = new Map<number, WatchListener>();
  #watchCount = 0;

  /** Starts with no question. */
  constructor(options: RecordQuestionsOptions) {
    this.#options = options;
    this.#replies = new PendingReplies(options.clock);
  }

  /** Asks for records. */
  async query(
    query: Pick<QueryRequest, "filter" | "keys" | "sort" | "limit">,
  ): Promise<QueryReply> {
    let asked = -1;
    try {
      const reply = await this.#replies.ask(RECORDS_TIMEOUT_MS, (requestId) => {
        asked = requestId;
        this.#options.send({ type: "query_request", requestId, ...query });
      });
      if (reply.type !== "query_reply") throw wrongReply();
      const records = [...this.#portions.get(asked) ?? [], ...reply.records];
      return { ...reply, records };
    } finally {
      this.#portions.delete(asked);
    }
  }

  /** Asks for records to be forgotten. */
  async purge(
    what: "ids" | "engine" | "all",
    ids: readonly string[],
    engineId?: number,
  ): Promise<PurgeReply> {
    const reply = await this.#replies.ask(
      RECORDS_TIMEOUT_MS,
      (requestId) =>
        this.#options.send({
          type: "purge_request",
          requestId,
          what,
          ids,
          engineId,
        }),
    );
    if (reply.type === "purge_reply") return reply;
    throw wrongReply();
  }

  /** Asks for requests, to submit them again. */
  async requests(ids: readonly string[]): Promise<RecordReply<ResubmitReply>> {
    let asked = -1;
    try {
      const message = await this.#replies.ask(
        RECORDS_TIMEOUT_MS,
        (requestId) => {
          asked = requestId;
          const type = "resubmit_request";
          this.#options.send({ type, requestId, ids });
        },
      );
      if (message.type !== "resubmit_reply") throw wrongReply();
      return { message, payload: this.#payloads.get(asked) ?? [] };
    } finally {
      this.#payloads.delete(asked);
    }
  }

  /** Asks how many tasks each engine has. */
  async queue(): Promise<QueueReply> {
    const reply = await this.#replies.ask(
      RECORDS_TIMEOUT_MS,
      (requestId) => this.#options.send({ type: "queue_request", requestId }),
    );
    if (reply.type === "queue_reply") return reply;
    throw wrongReply();
  }

  /**
   * Waits for the ends of tasks of others.
   *
   * @throws {LimitError} when too many are waited for.
   */
  attach(runs: readonly TaskRun[]): void {
    if (this.#attached.size + runs.length > ATTACHED_TASKS_MAX) {
      throw new LimitError(
        `Cannot wait for ${runs.length} more results: at most ${ATTACHED_TASKS_MAX} at once`,
      );
    }
    const ids: string[] = [];
    for (const run of runs) {
      const known = this.#attached.get(run.id);
      if (known !== undefined) known.also.push(run);
      else {
        this.#attached.set(run.id, { run, also: [] });
        ids.push(run.id);
      }
    }
    if (ids.length > 0) this.#options.send({ type: "result_request", ids });
  }

  /** Watches records. */
  watch(filter: string, listener: WatchListener): number {
    const watchId = this.#watchCount++;
    this.#watches.set(watchId, listener);
    this.#options.send({ type: "watch_request", watchId, filter });
    return watchId;
  }

  /** Asks for a watch again that the hub has forgotten. */
  watchAgain(watchId: number, filter: string): void {
    this.#options.send({ type: "watch_request", watchId, filter });
  }

  /** Goes on with a watch, or ends it. */
  watchNext(watchId: number, end: boolean): void {
    if (end) this.#watches.delete(watchId);
    this.#options.send({ type: "watch_next", watchId, end });
  }

  /** Whether a message of the hub is one of these; then it is taken. */
  heard(message: Message, payload: readonly Uint8Array[]): boolean {
    switch (message.type) {
      case "query_reply":
        if (message.more) this.#addPortion(message);
        else this.#replies.answer(message.requestId, message);
        return true;
      case "resubmit_reply":
        this.#payloads.set(message.requestId, payload);
        this.#replies.answer(message.requestId, message);
        return true;
      case "purge_reply":
      case "queue_reply":
        this.#replies.answer(message.requestId, message);
        return true;
      case "task_result":
        this.#settle(message, payload);
        return true;
      case "watch_event":
        this.#watches.get(message.watchId)?.heard(message);
        return true;
      default:
        return false;
    }
  }

  /** The connection to the hub is new: it has forgotten who waits. */
  reconnected(): void {
    const ids = [...this.#attached.keys()];
    if (ids.length > 0) this.#options.send({ type: "result_request", ids });
    for (const watch of this.#watches.values()) watch.reconnected();
  }

  /** The hub does not take a question of this type from this client. */
  refused(what: string, error: Error): void {
    if (what === "result_request") this.#failAttached(error);
    else if (what === "watch_request") this.#endWatches(error);
    else this.#replies.rejectAll(error);
  }

  /** No answers will come. */
  rejectAll(error: Error): void {
    this.#replies.rejectAll(error);
    this.#failAttached(error);
    this.#endWatches(error);
  }

  #failAttached(error: Error): void {
    const nowMs = this.#options.clock.now();
    const attached = [...this.#attached.values()];
    this.#attached.clear();
    for (const { run, also } of attached) {
      for (const one of [run, ...also]) one.fail(error, nowMs);
    }
  }

  #endWatches(error: Error): void {
    for (const watch of this.#watches.values()) watch.ended(error);
    this.#watches.clear();
  }

  #addPortion({ requestId, records }: QueryReply): void {
    const portion = this.#portions.get(requestId);
    if (portion === undefined) this.#portions.set(requestId, [...records]);
    else portion.push(...records);
  }

  #settle(result: TaskResult, payload: readonly Uint8Array[]): void {
    const attached = this.#attached.get(result.id);
    if (attached === undefined) return;
    this.#attached.delete(result.id);
    const nowMs = this.#options.clock.now();
    for (const run of [attached.run, ...attached.also]) {
      settleRun(run, result, payload, nowMs);
    }
  }
}

function settleRun(
  run: TaskRun,
  result: TaskResult,
  payload: readonly Uint8Array[],
  nowMs: number,
): void {
  const { id, status, engineId, startedMs, completedMs, reason } = result;
  if (status === undefined) {
    const why = result.problem ?? "no reason given";
    const error = new ConnectionError(
      `Cannot get result of task ${id}: ${why}`,
    );
    return run.fail(error, nowMs);
  }
  let dropped = result.outputDropped;
  for (const stream of ["stdout", "stderr"] as const) {
    const text = result[stream];
    if (text === "" && dropped === 0) continue;
    run.addOutput({
      type: "output",
      client: "",
      taskId: id,
      engineId,
      stream,
      text,
      dropped,
    }, stream === "stdout" ? 0 : 1);
    dropped = 0;
  }
  if ((status === "ok" || status === "error") && result.kept !== "kept") {
    const error = new LimitError(
      `Cannot get result of task ${id}: it ended (${status}), and its ${result.resultBytes} bytes were not kept (${result.kept}); submit it detached, or have it return less`,
    );
    return run.fail(error, nowMs);
  }
  const outcome = {
    ...{ type: "task_outcome", outputs: 0 } as const,
    ...{ id, status, engineId, startedMs, completedMs, reason },
  };
  run.settle(outcome, payload, nowMs);
}

function wrongReply(): ConnectionError {
  return new ConnectionError("Cannot read records: the hub refused");
}
