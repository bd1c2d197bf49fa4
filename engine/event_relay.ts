/**
 * Events of tasks on their way to the client, within a budget for each task.
 * Pure.
 *
 * @module
 */
import { bytesOf, Deque, type LimitTally } from "../base/mod.ts";
import {
  EVENT_BYTES_AHEAD_MAX,
  EVENTS_AHEAD_MAX,
  type TaskEvent,
  type TaskEventKind,
  type TaskOutcome,
} from "../messages/mod.ts";
import type { Payload } from "./slot_state.ts";

/** Takes an event, numbered, for the client of its task. */
export type SendEvent = (event: TaskEvent, payload: Payload) => void;

interface Told {
  /** Index behind that of the last event, sent or dropped. */
  next: number;
  /** Events on their way: their indices and bytes, oldest first. */
  readonly ahead: Deque<{ readonly index: number; readonly bytes: number }>;
  bytesAhead: number;
  /** The latest progress, where there was no room for it. */
  progress: Payload | undefined;
  /** Items that the client has not consumed, to be sent again. */
  readonly items: Deque<
    { readonly event: TaskEvent; readonly payload: Payload }
  >;
}

/**
 * Numbers events and drops what goes beyond the budget, which leaves a gap in
 * the numbers. Of progress the latest waits instead.
 */
export class EventRelay {
  readonly #send: SendEvent;
  readonly #tally: LimitTally | undefined;
  readonly #tasks = new Map<string, Told>();

  /** Starts with no task. */
  constructor(send: SendEvent, tally?: LimitTally) {
    this.#send = send;
    this.#tally = tally;
  }

  /** How many tasks have told anything and not ended. */
  get size(): number {
    return this.#tasks.size;
  }

  /** An item; its slot keeps to the window. */
  item(event: TaskEvent, payload: Payload): void {
    this.#told(event.id).items.push({ event, payload });
    this.#send(event, payload);
  }

  /** Any other event. */
  tell(id: string, kind: TaskEventKind, payload: Payload): void {
    const told = this.#told(id);
    const isMany = told.ahead.length >= EVENTS_AHEAD_MAX;
    if (!isMany && told.bytesAhead < EVENT_BYTES_AHEAD_MAX) {
      if (kind === "progress") told.progress = undefined;
      return this.#pass(id, told, kind, payload);
    }
    this.#tally?.reached(
      isMany ? "EVENTS_AHEAD_MAX" : "EVENT_BYTES_AHEAD_MAX",
    );
    if (kind === "progress") told.progress = payload;
    else told.next++;
  }

  /** The client has consumed items, and got the events before an index. */
  acknowledged(id: string, items: number, events: number): void {
    const told = this.#tasks.get(id);
    if (told === undefined) return;
    for (;;) {
      const first = told.items.peek();
      if (first === undefined || first.event.index >= items) break;
      told.items.shift();
    }
    for (;;) {
      const first = told.ahead.peek();
      if (first === undefined || first.index >= events) break;
      told.bytesAhead -= first.bytes;
      told.ahead.shift();
    }
    if (told.progress !== undefined) this.#passProgress(id, told);
  }

  /** A task has ended: its outcome with the number of events before it. */
  ended(outcome: TaskOutcome): TaskOutcome {
    const told = this.#tasks.get(outcome.id);
    if (told === undefined) return outcome;
    this.#tasks.delete(outcome.id);
    if (told.progress !== undefined) this.#passProgress(outcome.id, told);
    return { ...outcome, events: told.next };
  }

  /**
   * The connection is new: what was on its way may be lost. Items are sent
   * again; of other events nobody waits for an acknowledgement any more.
   */
  reconnected(): void {
    this.tellAgain(this.#tasks.keys());
  }

  /** The same, for some tasks whose client was away. */
  tellAgain(ids: Iterable<string>): void {
    for (const id of ids) {
      const told = this.#tasks.get(id);
      if (told === undefined) continue;
      told.ahead.clear();
      told.bytesAhead = 0;
      for (const { event, payload } of told.items) this.#send(event, payload);
    }
  }

  #told(id: string): Told {
    const known = this.#tasks.get(id);
    if (known !== undefined) return known;
    const told: Told = {
      next: 0,
      ahead: new Deque(),
      bytesAhead: 0,
      progress: undefined,
      items: new Deque(),
    };
    this.#tasks.set(id, told);
    return told;
  }

  #passProgress(id: string, told: Told): void {
    const { progress } = told;
    told.progress = undefined;
    if (progress !== undefined) this.#pass(id, told, "progress", progress);
  }

  #pass(id: string, told: Told, kind: TaskEventKind, payload: Payload): void {
    const bytes = bytesOf(payload);
    const index = told.next++;
    told.ahead.push({ index, bytes });
    told.bytesAhead += bytes;
    this.#send({ type: "task_event", id, engineId: 0, kind, index }, payload);
  }
}
