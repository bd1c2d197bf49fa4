/**
 * Keeps the records of tasks: takes what schedulers observe, and writes it to
 * the store behind them. A store that fails is tried again; the cluster goes
 * on without it.
 *
 * @module
 */
import { type Timer, toError } from "../base/mod.ts";
import {
  type ClusterFigures,
  decodeUnit,
  isPending,
  type Output,
  readEnds,
  type TaskObservation,
  type TaskObservations,
  unpackObservations,
} from "../messages/mod.ts";
import { functionHash } from "../messages/hash/mod.ts";
import { cleanText, type StoredTask, UNFINISHED } from "../store/mod.ts";
import { BatchMemory } from "./batch_memory.ts";
import { ObservationBacklog, type PackedBatch } from "./observation_backlog.ts";
import { type LiveTask, RecordBook } from "./record_book.ts";
import {
  KEEPER_LIMITS,
  type KeeperCounts,
  type KeeperLimits,
  type RecordKeeperOptions,
} from "./record_keeper_options.ts";
import { TaskTally } from "./task_tally.ts";

interface Late {
  readonly observation: TaskObservation;
  readonly scheduler: string;
}

/**
 * How long after a question the next one is expected: until then observations
 * are read as they come, so that none waits for many to be read.
 */
const ASKED_AGAIN_MS = 5_000;

/** Records between the schedulers and the store. */
export class RecordKeeper {
  readonly #options: RecordKeeperOptions;
  readonly #limits: KeeperLimits;
  readonly #book: RecordBook;
  readonly #tally = new TaskTally();
  readonly #taken = new BatchMemory();
  /** Where the store keeps the newest only, most need never be read. */
  readonly #backlog: ObservationBacklog | undefined;
  /** What is read now has been counted when it came. */
  #isCounted = false;
  readonly #names = new Map<string, string>();
  readonly #ended = new Map<string, LiveTask>();
  readonly #pending = new Map<string, LiveTask>();
  #late: Late[] = [];
  #acks: { scheduler: string; batch: number }[] = [];
  #writing: Promise<void> = Promise.resolve();
  #isWriting = false;
  /** Something came during a write that is to be written right after it. */
  #writesAgain = false;
  #timer: Timer | undefined;
  #retryAtMs = 0;
  #retryMs = 0;
  #pendingWrittenMs = 0;
  #askedMs = -Infinity;
  #sweptMs = 0;
  #isStopped = false;
  #counts = { observed: 0, dropped: 0, failures: 0 };

  /** Makes a keeper that has not started. */
  constructor(options: RecordKeeperOptions) {
    this.#options = options;
    this.#limits = { ...KEEPER_LIMITS, ...options.limits };
    this.#book = new RecordBook({
      engine: options.engine,
      ownerOf: options.ownerOf,
      tally: options.tally,
      functionName: (hash) => this.#names.get(hash),
      ended: (record) => {
        if (!this.#isCounted) this.#tally.add(record);
      },
    });
    const { newestKept } = options.store;
    this.#backlog = newestKept === undefined
      ? undefined
      : new ObservationBacklog(newestKept);
    this.#sweptMs = this.#pendingWrittenMs = options.clock.monotonic();
  }

  /** What was counted since the start. */
  get counts(): KeeperCounts {
    return { ...this.#counts };
  }

  /** What was counted since the start, for those who watch the cluster. */
  get figures(): Omit<ClusterFigures, "refused"> {
    const { observed, dropped, failures } = this.#counts;
    const store = this.#options.store.kind;
    const liveRecords = this.#book.size;
    return {
      ...{ store, observed, dropped, storeFailures: failures, liveRecords },
      ...this.#tally.figures,
    };
  }

  /** How many tasks are in memory because their records still change. */
  get live(): number {
    return this.#book.size;
  }

  /** Begins to write; what an earlier hub left unfinished is over. */
  async start(): Promise<void> {
    try {
      await this.#loseUnfinished();
    } catch (thrown) {
      this.#failed(toError(thrown));
    }
    this.#wake();
  }

  /** Writes what waits, once, and closes the store. */
  async stop(): Promise<void> {
    if (this.#isStopped) return;
    this.#isStopped = true;
    this.#timer?.cancel();
    try {
      this.#retryAtMs = 0;
      await this.#write(true);
    } finally {
      await this.#options.store.close().catch((thrown) =>
        this.#options.log.warn("store not closed", { error: toError(thrown) })
      );
    }
  }

  /** A scheduler tells what became of tasks. */
  observations(
    scheduler: string,
    message: TaskObservations,
    payload: readonly Uint8Array[],
  ): void {
    const { rows, batch, dropped } = message;
    this.#counts.dropped += dropped;
    if (dropped > 0) {
      this.#options.log.warn("observations dropped", { scheduler, dropped });
    }
    if (!this.#taken.isNew(scheduler, batch)) {
      return void this.#acks.push({ scheduler, batch });
    }
    this.#counts.observed += rows;
    if (message.isWhole === true && this.#mayLeave) {
      this.#leave({ scheduler, rows, payload });
      return this.#options.acknowledge(scheduler, batch);
    }
    if (this.#backlog?.isFull === true) {
      this.#options.tally?.reached("BACKLOG_BYTES_MAX");
    }
    this.#acks.push({ scheduler, batch });
    this.catchUp();
    this.#read({ scheduler, rows, payload });
    this.#options.settled();
    if (this.#ended.size >= this.#limits.batchRecords) void this.#write(false);
  }

  /** Writes what has come so far without waiting for the time. */
  writeSoon(): void {
    if (this.#isWriting) this.#writesAgain = true;
    else void this.#write(false);
  }

  get #mayLeave(): boolean {
    const { clock, isFollowed } = this.#options;
    return this.#backlog?.isFull === false && !isFollowed() &&
      clock.monotonic() - this.#askedMs > ASKED_AGAIN_MS;
  }

  /** Counts how tasks ended, and leaves the rest until somebody asks. */
  #leave(batch: PackedBatch): void {
    try {
      readEnds(
        batch.rows,
        batch.payload,
        (...end) => this.#tally.addEnd(...end),
      );
      this.#backlog?.add(batch);
    } catch (thrown) {
      this.#unreadable(batch, toError(thrown));
    }
  }

  #asked(): void {
    this.#askedMs = this.#options.clock.monotonic();
    this.catchUp();
  }

  /** Reads what was left until somebody would ask. */
  catchUp(): void {
    if (this.#backlog === undefined || this.#backlog.rows === 0) return;
    this.#isCounted = true;
    for (const batch of this.#backlog.take()) this.#read(batch);
    this.#isCounted = false;
  }

  #read(batch: PackedBatch): void {
    const { scheduler, rows, payload } = batch;
    try {
      for (const observation of unpackObservations(rows, payload)) {
        this.#observe({ observation, scheduler });
      }
    } catch (thrown) {
      this.#unreadable(batch, toError(thrown));
    }
  }

  #unreadable({ scheduler, rows }: PackedBatch, error: Error): void {
    this.#counts.dropped += rows;
    this.#options.log.warn("observations not read", { scheduler, rows, error });
  }

  /** A scheduler tells the unit of a function; others may ask for it. */
  functionSource(hash: string, unit: Uint8Array): void {
    if (functionHash(unit) !== hash) return;
    try {
      this.#names.set(hash, cleanText(decodeUnit(unit).name));
    } catch {
      // A function that nobody can read has no name.
    }
    if (this.#names.size > this.#limits.namesMax) {
      this.#options.tally?.reached("namesMax");
      for (const oldest of this.#names.keys()) {
        this.#names.delete(oldest);
        break;
      }
    }
    this.#options.store.putFunction(hash, unit.slice())
      .catch((thrown) => this.#failed(toError(thrown)));
  }

  /** A task wrote something. */
  output(output: Output): void {
    this.catchUp();
    const task = this.#book.output(output);
    if (task !== undefined) this.#mark(task);
  }

  /** A scheduler is gone for good, and its tasks with it. */
  schedulerLost(scheduler: string): void {
    this.#taken.forget(scheduler);
    for (const task of this.#book.tasks()) {
      const { record } = task;
      if (task.scheduler !== scheduler || !isPending(record.status)) continue;
      this.#book.lose(task, "its scheduler is lost", this.#options.clock.now());
      this.#mark(task);
      this.#options.changed(task);
    }
    this.#options.settled();
  }

  /**
   * Sees that everything known is in the store, so that it can be asked.
   *
   * @throws {Error} when the store does not take it.
   */
  async settle(): Promise<void> {
    this.#asked();
    this.#retryAtMs = 0;
    await this.#write(true);
    if (this.#ended.size + this.#pending.size > 0 && this.#retryMs > 0) {
      throw new Error("the store takes no records now");
    }
  }

  /** The records with these ids, as they are now. */
  async get(ids: readonly string[]): Promise<ReadonlyMap<string, StoredTask>> {
    this.#asked();
    const found = new Map<string, StoredTask>();
    const others: string[] = [];
    for (const id of ids) {
      const live = this.#book.get(id);
      if (live === undefined) others.push(id);
      else found.set(id, live);
    }
    if (others.length > 0) {
      for (const stored of await this.#options.store.get(others)) {
        found.set(stored.record.id, stored);
      }
    }
    return found;
  }

  #observe(late: Late): void {
    const task = this.#book.observe(late.observation, late.scheduler);
    if (task === undefined) {
      if (this.#late.length < this.#limits.lateMax) this.#late.push(late);
      else {
        this.#counts.dropped++;
        this.#options.tally?.reached("lateMax");
      }
      return;
    }
    this.#mark(task);
    this.#options.changed(task);
  }

  #mark(task: LiveTask): void {
    const { id, status } = task.record;
    if (isPending(status)) {
      this.#pending.set(id, task);
      return;
    }
    this.#pending.delete(id);
    this.#ended.set(id, task);
  }

  #wake(): void {
    const { clock } = this.#options;
    this.#timer = clock.setTimer(this.#limits.writeMs, () => {
      const nowMs = clock.monotonic();
      const all =
        nowMs - this.#pendingWrittenMs >= this.#limits.pendingWriteMs ||
        this.#book.size > this.#limits.liveMax;
      void this.#write(all).finally(() => {
        if (!this.#isStopped) this.#wake();
      });
    });
  }

  /** Writes what changed; one write at a time, and never rejects. */
  #write(all: boolean): Promise<void> {
    if (this.#isWriting && !all) return this.#writing;
    const before = this.#writing;
    this.#isWriting = true;
    const mine = before.then(() => this.#writeAll(all)).finally(() => {
      if (this.#writing === mine) this.#isWriting = false;
      if (!this.#writesAgain || this.#isStopped) return;
      this.#writesAgain = false;
      this.writeSoon();
    });
    this.#writing = mine;
    return mine;
  }

  async #writeAll(all: boolean): Promise<void> {
    const { clock, store } = this.#options;
    const acks = this.#acks.splice(0);
    try {
      if (clock.monotonic() < this.#retryAtMs) return;
      await this.#lookUpLate();
      for (;;) {
        const batch = this.#takeBatch(all);
        if (batch.length === 0) {
          // What came meanwhile has been written as well.
          acks.push(...this.#acks.splice(0));
          break;
        }
        try {
          await store.put(batch);
        } catch (thrown) {
          this.#putBack(batch);
          throw thrown;
        }
        this.#written(batch);
        // The hub has its turn between two batches.
        await new Promise<void>((resolve) => clock.setTimer(0, resolve));
      }
      if (all) this.#pendingWrittenMs = clock.monotonic();
      this.#retryMs = 0;
      await this.#sweep();
    } catch (thrown) {
      this.#failed(toError(thrown));
    } finally {
      this.#bound();
      for (const { scheduler, batch } of acks) {
        this.#options.acknowledge(scheduler, batch);
      }
    }
  }

  #takeBatch(all: boolean): LiveTask[] {
    const batch: LiveTask[] = [];
    for (const changed of all ? [this.#ended, this.#pending] : [this.#ended]) {
      for (const [id, task] of changed) {
        if (batch.length >= this.#limits.batchRecords) return batch;
        changed.delete(id);
        batch.push(task);
      }
    }
    return batch;
  }

  #putBack(batch: readonly LiveTask[]): void {
    for (const task of batch) this.#mark(task);
  }

  #written(batch: readonly LiveTask[]): void {
    for (const { record: { id, status } } of batch) {
      if (isPending(status) || this.#ended.has(id)) continue;
      this.#book.release(id);
    }
  }

  /** Applies what was seen of tasks whose records are written already. */
  async #lookUpLate(): Promise<void> {
    if (this.#late.length === 0) return;
    const late = this.#late;
    this.#late = [];
    const ids = [...new Set(late.map(({ observation }) => observation.id))];
    for (const stored of await this.#options.store.get(ids)) {
      const { id } = stored.record;
      const scheduler = late.find((one) => one.observation.id === id);
      this.#book.resume(stored, scheduler?.scheduler ?? "");
    }
    for (const one of late) {
      // What is not there was forgotten, or never heard of.
      if (this.#book.get(one.observation.id) === undefined) {
        this.#counts.dropped++;
      } else this.#observe(one);
    }
    this.#options.settled();
  }

  /** Keeps to the limits: what is written goes, then what cannot be. */
  #bound(): void {
    const { liveMax, unwrittenMax } = this.#limits;
    const { tally } = this.#options;
    if (this.#book.size > liveMax) tally?.reached("liveMax");
    for (const { record: { id } } of this.#book.tasks()) {
      if (this.#book.size <= liveMax) break;
      if (this.#pending.has(id) || this.#ended.has(id)) continue;
      this.#book.release(id);
    }
    for (const changed of [this.#pending, this.#ended]) {
      for (const id of changed.keys()) {
        if (this.#pending.size + this.#ended.size <= unwrittenMax) return;
        changed.delete(id);
        this.#book.release(id);
        this.#counts.dropped++;
        tally?.reached("unwrittenMax");
      }
    }
  }

  async #sweep(): Promise<void> {
    const { clock, store, log } = this.#options;
    const nowMs = clock.monotonic();
    if (nowMs - this.#sweptMs < this.#limits.sweepMs) return;
    this.#sweptMs = nowMs;
    const swept = await store.sweep(clock.now());
    if (swept > 0) log.info("records forgotten", { records: swept });
  }

  async #loseUnfinished(): Promise<void> {
    const { store, clock } = this.#options;
    for (;;) {
      const parts = await store.query(UNFINISHED, {
        keys: ["id"],
        sort: [],
        limit: this.#limits.batchRecords,
      });
      if (parts.length === 0) return;
      const stored = await store.get(parts.map(({ id }) => id));
      await store.put(stored.map((task) => ({
        ...task,
        record: {
          ...task.record,
          status: "engine_lost",
          reason: "its controller ended",
          receivedMs: clock.now(),
        },
      })));
    }
  }

  #failed(error: Error): void {
    const { clock, log, store } = this.#options;
    const [first, longest] = this.#limits.retryMs;
    this.#counts.failures++;
    // Said when it begins, and then ever more rarely.
    this.#retryMs = Math.min(longest, Math.max(first, this.#retryMs * 2));
    this.#retryAtMs = clock.monotonic() + this.#retryMs;
    log.error("records not written", {
      store: store.kind,
      error,
      failures: this.#counts.failures,
      waiting: this.#ended.size + this.#pending.size,
      retryMs: this.#retryMs,
    });
  }
}
