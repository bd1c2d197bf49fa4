/**
 * Everything about records that the hub does, in one place.
 *
 * @module
 */
import {
  type Clock,
  type LimitTally,
  type Logger,
  unreachable,
} from "../base/mod.ts";
import type {
  EngineInfo,
  Message,
  ObservationMessage,
  Output,
  RecordMessage,
} from "../messages/mod.ts";
import type { TaskStore } from "../store/mod.ts";
import { QueueQuestions } from "./queue_questions.ts";
import { type Asker, RecordDesk, type RecordQuestion } from "./record_desk.ts";
import { RecordKeeper } from "./record_keeper.ts";
import type { KeeperLimits } from "./record_keeper_options.ts";
import { RecordSync } from "./record_sync.ts";
import { RecordWatches } from "./record_watches.ts";
import { ResultWaiters } from "./result_waiters.ts";

/** Most clients whose owners are remembered. */
export const OWNERS_MAX = 65_536;
/** How long schedulers may take to count what waits. */
const QUEUE_TIMEOUT_MS = 4_000;

/** Options of {@linkcode HubRecords}. */
export interface HubRecordsOptions {
  /** Where records are kept. */
  readonly store: TaskStore;
  /** Time. */
  readonly clock: Clock;
  /** Where to say what happened. */
  readonly log: Logger;
  /** The engine with a number, if it is known. */
  readonly engine: (engineId: number) => EngineInfo | undefined;
  /** Routing ids of the schedulers. */
  readonly schedulers: () => readonly string[];
  /** Says something to a peer, by routing id. */
  readonly send: (
    routingId: string,
    message: Message,
    payload?: readonly Uint8Array[],
  ) => void;
  /** Limits other than the defaults. */
  readonly limits?: Partial<KeeperLimits> | undefined;
  /** Counts limits that are reached. */
  readonly tally?: LimitTally | undefined;
}

/** Records: kept, asked for, watched. */
export class HubRecords {
  /** Who keeps them. */
  readonly keeper: RecordKeeper;
  readonly #options: HubRecordsOptions;
  readonly #watches: RecordWatches;
  readonly #waiters = new ResultWaiters<Asker>();
  readonly #desk: RecordDesk;
  readonly #sync: RecordSync;
  readonly #queues: QueueQuestions;
  readonly #owners = new Map<string, string>();

  /** Makes the parts; nothing is written before {@linkcode start}. */
  constructor(options: HubRecordsOptions) {
    this.#options = options;
    const { store, clock, log, engine, send, tally } = options;
    this.#watches = new RecordWatches(send, tally);
    this.keeper = new RecordKeeper({
      store,
      clock,
      log,
      engine,
      tally,
      limits: options.limits,
      ownerOf: (client) => this.#owners.get(client) ?? "",
      acknowledge: (scheduler, batch) =>
        send(scheduler, { type: "observations_ack", batch }),
      changed: (task) => this.#desk.changed(task),
      settled: () => this.#watches.flush(),
      isFollowed: () => this.#watches.size > 0 || this.#waiters.size > 0,
    });
    this.#sync = new RecordSync(send);
    this.#queues = new QueueQuestions({
      send,
      timeoutMs: QUEUE_TIMEOUT_MS,
      tally,
    });
    this.#desk = new RecordDesk({
      refresh: () => this.#sync.ask(options.schedulers(), clock.monotonic()),
      store,
      keeper: this.keeper,
      watches: this.#watches,
      waiters: this.#waiters,
      clock,
      send,
      tally,
    });
  }

  /** Whether anything is kept at all. */
  get keeps(): boolean {
    return this.#options.store.kind !== "none";
  }

  /** Begins. */
  start(): Promise<void> {
    return this.keeper.start();
  }

  /** Writes what waits and closes the store. */
  stop(): Promise<void> {
    this.#sync.stop();
    return this.keeper.stop();
  }

  /** Time has passed. */
  tick(nowMs: number): void {
    this.#sync.tick(nowMs);
    this.#queues.tick(nowMs);
    this.#desk.tick(nowMs);
    // Schedulers would take longer over tasks that go on.
    const isWatched = this.#watches.size > 0;
    if (isWatched && !this.#sync.isAsking) {
      void this.#sync.ask(this.#options.schedulers(), nowMs);
    }
  }

  /** A client is there; the records of its tasks belong to its key's name. */
  clientConnected({ routingId, owner }: Asker): void {
    this.#owners.delete(routingId);
    this.#owners.set(routingId, owner);
    if (this.#owners.size <= OWNERS_MAX) return;
    this.#options.tally?.reached("OWNERS_MAX");
    for (const oldest of this.#owners.keys()) {
      this.#owners.delete(oldest);
      break;
    }
  }

  /** A peer's connection ended: nothing is told to it any more. */
  disconnected(routingId: string): void {
    this.#watches.clientLeft(routingId);
    this.#waiters.clientLeft(routingId);
  }

  /** A scheduler will not come back. */
  schedulerLost(routingId: string): void {
    this.keeper.schedulerLost(routingId);
  }

  /** A scheduler tells the unit of a function. */
  functionSource(hash: string, unit: Uint8Array | undefined): void {
    if (unit !== undefined) this.keeper.functionSource(hash, unit);
  }

  /** A task of an engine wrote something. */
  output(engineId: number | undefined, output: Output): void {
    if (!this.keeps || engineId === undefined) return;
    this.keeper.output({ ...output, engineId });
  }

  /** A client asks; settles when it is answered, or waits for an end. */
  ask(asker: Asker, question: RecordQuestion): Promise<void> {
    return this.#desk.ask(asker, question);
  }

  /** A client or a scheduler says something about records. */
  heard(
    peer: Asker,
    message: RecordMessage | ObservationMessage,
    payload: readonly Uint8Array[],
  ): void {
    const from = peer.routingId;
    switch (message.type) {
      case "task_observations":
        this.keeper.observations(from, message, payload);
        // A scheduler that is asked has more to tell once this is recorded.
        if (this.#sync.isAsking) this.keeper.writeSoon();
        return;
      case "observations_told":
        return this.#sync.told(from, message.requestId);
      case "purge_request":
      case "query_request":
      case "resubmit_request":
      case "result_request":
      case "watch_request":
        return void this.ask(peer, message);
      case "watch_next":
        return this.#watches.next(from, message.watchId, message.end);
      case "queue_request": {
        const { schedulers, clock } = this.#options;
        const nowMs = clock.monotonic();
        return this.#queues.asked(from, message.requestId, schedulers(), nowMs);
      }
      case "queue_reply":
        return this.#queues.answered(from, message);
      case "observations_ack":
      case "observations_wanted":
      case "purge_reply":
      case "query_reply":
      case "resubmit_reply":
      case "task_result":
      case "watch_event":
        // The table of roles has refused these already.
        return;
      default:
        unreachable(message);
    }
  }
}
