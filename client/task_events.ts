/**
 * What one run of a task has told so far: items, displays, progress and
 * published data. Pure.
 *
 * @module
 */
import { bytesOf, ConnectionError, LimitError, toError } from "../base/mod.ts";
import {
  decodeValue,
  EVENT_BYTES_AHEAD_MAX,
  EVENTS_AHEAD_MAX,
  isMimeBundle,
  ITEM_BYTES_AHEAD_MAX,
  ITEMS_AHEAD_MAX,
  type MimeBundle,
  type OutputStream,
  type TaskEvent,
} from "../messages/mod.ts";

/** Something that a task displayed. */
export interface DisplayOutput {
  /** The task. */
  readonly taskId: string;
  /** The engine it runs on. */
  readonly engineId: number;
  /** What it displayed, by MIME type. */
  readonly data: MimeBundle;
}

/** How far a task is. */
export interface TaskProgress {
  /** How much is done. */
  readonly done: number;
  /** How much there is to do. */
  readonly total: number;
  /** What it is doing. */
  readonly message?: string;
}

/** What a task tells while it runs. */
export type ResultEvent =
  & {
    /** The task. */
    readonly taskId: string;
    /** The engine it runs on. */
    readonly engineId: number;
  }
  & (
    | {
      /** It wrote to a stream. */
      readonly type: "output";
      /** The stream. */
      readonly stream: OutputStream;
      /** What was written. */
      readonly text: string;
    }
    | {
      /** It displayed something. */
      readonly type: "display";
      /** What, by MIME type. */
      readonly data: MimeBundle;
    }
    | {
      /** It told how far it is. */
      readonly type: "progress";
      /** How far. */
      readonly progress: TaskProgress;
    }
    | {
      /** It published data. */
      readonly type: "publish";
      /** What was published. */
      readonly data: unknown;
    }
    | {
      /** Events were left out, because there were too many. */
      readonly type: "dropped";
      /** How many. */
      readonly count: number;
    }
  );

/** Displays and published values kept of one task. */
export const EVENTS_KEPT_MAX = 65_536;
/** Encoded bytes of the displays and published values kept of one task. */
export const EVENT_BYTES_KEPT_MAX: number = 128 << 20;
/** Items kept of one task once they have been iterated. */
export const ITEMS_KEPT_MAX = 10_000;
/** Encoded bytes of such items. */
export const ITEM_BYTES_KEPT_MAX: number = 64 << 20;

/** What is said to a task that runs. */
export interface TaskVoice {
  /** So many items, and the events before an index, have been consumed. */
  acknowledge(id: string, items: number, events: number): void;
  /** It is not wanted any more. */
  cancel(ids: readonly string[], reason: string): void;
}

interface Item {
  readonly value: unknown;
  readonly bytes: number;
}

/** The events of one run. */
export class TaskEvents {
  readonly #id: string;
  readonly #voice: TaskVoice | undefined;
  readonly #outputs: DisplayOutput[] = [];
  readonly #data: unknown[] = [];
  #progress: TaskProgress | undefined;
  #keptBytes = 0;
  #dropped = 0;
  #nextEvent = 0;
  #eventsAcked = 0;
  #bytesUnacked = 0;
  /** The items that are here; those before `#forgotten` are not any more. */
  #items: Item[] = [];
  #itemBytes = 0;
  #forgotten = 0;
  #received = 0;
  #taken = 0;
  #itemsAcked = 0;
  #itemBytesUnacked = 0;
  #keepsAll = false;
  #lost: Error | undefined;
  #hasEnded = false;

  /** Nothing has been told. */
  constructor(id: string, voice?: TaskVoice) {
    this.#id = id;
    this.#voice = voice;
  }

  /** What was displayed, in order. */
  get outputs(): readonly DisplayOutput[] {
    return this.#outputs;
  }

  /** What was published, in order. */
  get data(): readonly unknown[] {
    return this.#data;
  }

  /** The latest progress. */
  get progress(): TaskProgress | undefined {
    return this.#progress;
  }

  /** How many events were dropped, there or here. */
  get dropped(): number {
    return this.#dropped;
  }

  /** How many items have arrived. */
  get received(): number {
    return this.#received;
  }

  /** Takes an item; `false` when it was here before. */
  addItem(event: TaskEvent, payload: readonly Uint8Array[]): boolean {
    if (this.#lost !== undefined) return false;
    if (event.index !== this.#received) {
      if (event.index > this.#received) {
        this.#fail(this.#itemsLost(event.index));
      } else this.#sendAck();
      return false;
    }
    this.#received++;
    const bytes = bytesOf(payload);
    this.#itemBytes += bytes;
    this.#items.push({ value: this.#decodeItem(payload), bytes });
    if (this.#keepsAll) this.#took(this.#received);
    return true;
  }

  /**
   * Takes any other event.
   *
   * @returns What it says, in the order of what has to be told.
   */
  addEvent(event: TaskEvent, payload: readonly Uint8Array[]): ResultEvent[] {
    const { engineId, index } = event;
    const source = { taskId: this.#id, engineId };
    if (index < this.#nextEvent) return [];
    const bytes = bytesOf(payload);
    const lacking = index - this.#nextEvent;
    this.#nextEvent = index + 1;
    this.#bytesUnacked += bytes;
    if (
      (this.#nextEvent - this.#eventsAcked) * 4 >= EVENTS_AHEAD_MAX ||
      this.#bytesUnacked * 4 >= EVENT_BYTES_AHEAD_MAX
    ) this.#sendAck();
    const told = this.#read(event, payload, bytes);
    const count = lacking + (told === undefined ? 1 : 0);
    this.#dropped += count;
    const said: ResultEvent[] = told === undefined
      ? []
      : [{ ...source, ...told }];
    return count === 0
      ? said
      : [{ ...source, type: "dropped", count }, ...said];
  }

  /** The task has ended, and told so much before. */
  ended(items: number | undefined, events: number | undefined): void {
    this.#dropped += Math.max(0, (events ?? 0) - this.#nextEvent);
    if (items !== undefined && items > this.#received) {
      this.#lost ??= this.#itemsLost(items);
    }
    this.#hasEnded = true;
  }

  /** From now on items count as consumed when they arrive, and are kept. */
  keepAll(): void {
    this.#keepsAll = true;
    if (this.#taken < this.#received) this.#took(this.#received);
  }

  /**
   * The item at a position, which counts as consumed then.
   *
   * @throws {Error} when it is not here any more, or cannot be read.
   */
  take(position: number): unknown {
    const item = this.#items[position - this.#forgotten];
    if (item === undefined) throw this.#tooLate();
    if (position === this.#received - 1 && this.#lost !== undefined) {
      throw this.#lost;
    }
    if (position >= this.#taken) this.#took(position + 1);
    return item.value;
  }

  /**
   * All items.
   *
   * @throws {Error} when some are not here any more, or cannot be read.
   */
  all(): unknown[] {
    if (this.#lost !== undefined) throw this.#lost;
    if (this.#forgotten > 0) throw this.#tooLate();
    return this.#items.map((item) => item.value);
  }

  /** Why the items are not all good, if they are not. */
  get problem(): Error | undefined {
    return this.#lost;
  }

  #decodeItem(payload: readonly Uint8Array[]): unknown {
    try {
      return decodeValue(payload);
    } catch (thrown) {
      this.#fail(toError(thrown));
      return undefined;
    }
  }

  #itemsLost(index: number): ConnectionError {
    return new ConnectionError(
      `Cannot finish task ${this.#id}: items from ${this.#received} to ${index} were lost with a connection`,
    );
  }

  /** Without this item the others are of no use. */
  #fail(problem: Error): void {
    if (this.#lost !== undefined) return;
    this.#lost = problem;
    this.#voice?.cancel([this.#id], problem.message);
  }

  #tooLate(): Error {
    return new LimitError(
      `Cannot give all items of task ${this.#id}: ${this.#forgotten} were iterated and not kept, at most ${ITEMS_KEPT_MAX} are; await before iterating to keep all`,
    );
  }

  #took(taken: number): void {
    for (let at = this.#taken; at < taken; at++) {
      this.#itemBytesUnacked += this.#items[at - this.#forgotten]?.bytes ?? 0;
    }
    this.#taken = taken;
    if (
      taken === this.#received ||
      (taken - this.#itemsAcked) * 4 >= ITEMS_AHEAD_MAX ||
      this.#itemBytesUnacked * 4 >= ITEM_BYTES_AHEAD_MAX
    ) this.#sendAck();
    if (!this.#keepsAll) this.#forget();
  }

  /** Forgets what was iterated, when there is too much of it. */
  #forget(): void {
    const length = this.#taken - this.#forgotten;
    if (length <= ITEMS_KEPT_MAX && this.#itemBytes <= ITEM_BYTES_KEPT_MAX) {
      return;
    }
    for (const { bytes } of this.#items.slice(0, length)) {
      this.#itemBytes -= bytes;
    }
    this.#items = this.#items.slice(length);
    this.#forgotten = this.#taken;
  }

  #read(
    { engineId, kind }: TaskEvent,
    payload: readonly Uint8Array[],
    bytes: number,
  ): Told | undefined {
    let value: unknown;
    try {
      value = decodeValue(payload);
    } catch {
      return undefined;
    }
    if (kind === "progress") {
      if (!isProgress(value)) return undefined;
      this.#progress = value;
      return { type: "progress", progress: value };
    }
    const kept = this.#outputs.length + this.#data.length;
    this.#keptBytes += bytes;
    if (kept >= EVENTS_KEPT_MAX || this.#keptBytes > EVENT_BYTES_KEPT_MAX) {
      this.#keptBytes -= bytes;
      return undefined;
    }
    if (kind === "publish") {
      this.#data.push(value);
      return { type: "publish", data: value };
    }
    if (!isMimeBundle(value)) return undefined;
    this.#outputs.push({ taskId: this.#id, engineId, data: value });
    return { type: "display", data: value };
  }

  #sendAck(): void {
    this.#itemsAcked = this.#taken;
    this.#itemBytesUnacked = 0;
    this.#eventsAcked = this.#nextEvent;
    this.#bytesUnacked = 0;
    if (this.#hasEnded) return;
    this.#voice?.acknowledge(this.#id, this.#taken, this.#nextEvent);
  }
}

type Told =
  | { readonly type: "display"; readonly data: MimeBundle }
  | { readonly type: "progress"; readonly progress: TaskProgress }
  | { readonly type: "publish"; readonly data: unknown };

function isProgress(value: unknown): value is TaskProgress {
  return typeof value === "object" && value !== null &&
    "done" in value && typeof value.done === "number" &&
    "total" in value && typeof value.total === "number";
}
