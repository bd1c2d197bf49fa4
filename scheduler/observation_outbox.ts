/**
 * Observations on their way to the hub: rows gathered into blocks, blocks
 * that are closed and wait until the hub has acknowledged others, and those
 * that it has not acknowledged.
 *
 * @module
 */
import type { LimitTally } from "../base/mod.ts";
import {
  type Message,
  OBSERVATION_ROWS_MAX,
  ObservationBlock,
  type TaskObservation,
} from "../messages/mod.ts";
import type { ReporterLimits } from "./reporter_limits.ts";

/** Options of {@linkcode ObservationOutbox}. */
export interface ObservationOutboxOptions {
  /** Says something to the hub. */
  readonly send: (message: Message, payload: readonly Uint8Array[]) => void;
  /** How much a block has, and how many are on their way. */
  readonly limits: ReporterLimits;
  /** Counts limits that are reached. */
  readonly tally?: LimitTally | undefined;
}

interface Batch {
  readonly number: number;
  readonly rows: number;
  readonly message: Message;
  readonly payload: readonly Uint8Array[];
  readonly bytes: number;
}

/** A block that grows, and what its rows weigh. */
interface Gathering {
  readonly block: ObservationBlock;
  bytes: number;
}

/** Gathers rows and sends them in batches. */
export class ObservationOutbox {
  readonly #options: ObservationOutboxOptions;
  /** Tasks that have begun and ended since the hub was told anything. */
  readonly #whole: Gathering = { block: new ObservationBlock(), bytes: 0 };
  /** All others. */
  readonly #mixed: Gathering = { block: new ObservationBlock(), bytes: 0 };
  readonly #closed: Batch[] = [];
  readonly #unacknowledged = new Map<number, Batch>();
  #closedRows = 0;
  #bytes = 0;
  #dropped = 0;
  #next = 0;

  /** Makes an empty outbox. */
  constructor(options: ObservationOutboxOptions) {
    this.#options = options;
  }

  /** Tasks of which something waits to be sent. */
  get rows(): number {
    return this.#whole.block.rows + this.#mixed.block.rows + this.#closedRows;
  }

  /** What all rows weigh that wait or are on their way. */
  get bytes(): number {
    return this.#bytes;
  }

  /** The number of the next batch that is closed. */
  get next(): number {
    return this.#next;
  }

  /** The number of the first batch that is not sent. */
  get unsent(): number {
    return this.#closed[0]?.number ?? this.#next;
  }

  /** Whether the hub takes another batch now. */
  get maySend(): boolean {
    return this.#unacknowledged.size < this.#options.limits.batchesMax;
  }

  /** Takes a row; a block that is full with it is closed. */
  add(observation: TaskObservation, bytes: number): void {
    const { submitted, ended, request, result } = observation;
    const isWhole = submitted !== undefined && ended !== undefined;
    const to = isWhole ? this.#whole : this.#mixed;
    const { batchBytesMax, batchPartsMax } = this.#options.limits;
    const parts = to.block.parts + request.length + result.length;
    const isFull = to.bytes + bytes > batchBytesMax || parts > batchPartsMax;
    if (isFull && to.block.rows > 0) this.#close(to);
    to.block.add(observation);
    to.bytes += bytes;
    this.#bytes += bytes;
    if (to.block.rows >= OBSERVATION_ROWS_MAX || to.bytes >= batchBytesMax) {
      this.#close(to);
    }
  }

  /** A row was left out; the next batch says how many. */
  drop(): void {
    this.#dropped++;
  }

  /** Sends what there is, as far as the hub takes it. */
  send(): void {
    if (this.maySend) this.#close(this.#whole);
    if (this.maySend) this.#close(this.#mixed);
  }

  /** Closes all blocks, so that what is in them goes before all that comes. */
  close(): void {
    this.#close(this.#whole);
    this.#close(this.#mixed);
  }

  /** The hub has recorded a batch. */
  acknowledged(number: number): void {
    const batch = this.#unacknowledged.get(number);
    if (batch === undefined) return;
    this.#unacknowledged.delete(number);
    this.#bytes -= batch.bytes;
    this.#sendClosed();
  }

  /** Sends again what the hub has not acknowledged. */
  sendAgain(): void {
    for (const { message, payload } of this.#unacknowledged.values()) {
      this.#options.send(message, payload);
    }
  }

  /** Forgets everything. */
  clear(): void {
    for (const gathering of [this.#whole, this.#mixed]) {
      gathering.block.take();
      gathering.bytes = 0;
    }
    this.#closed.length = 0;
    this.#unacknowledged.clear();
    this.#closedRows = this.#bytes = 0;
  }

  #close(gathering: Gathering): void {
    if (gathering.block.rows === 0) return;
    const { about, payload } = gathering.block.take();
    const number = this.#next++;
    const dropped = this.#dropped;
    const type = "task_observations";
    this.#closed.push({
      number,
      rows: about.rows,
      message: { type, batch: number, dropped, ...about },
      payload,
      bytes: gathering.bytes,
    });
    this.#closedRows += about.rows;
    this.#dropped = gathering.bytes = 0;
    this.#sendClosed();
  }

  #sendClosed(): void {
    while (this.maySend) {
      const batch = this.#closed.shift();
      if (batch === undefined) return;
      this.#closedRows -= batch.rows;
      this.#unacknowledged.set(batch.number, batch);
      // What comes now waits until the hub has acknowledged one.
      if (!this.maySend) this.#options.tally?.reached("batchesMax");
      this.#options.send(batch.message, batch.payload);
    }
  }
}
