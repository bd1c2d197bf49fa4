/**
 * What user code tells its caller while it runs: the items of a generator,
 * what it displays, how far it is, what it publishes.
 *
 * @module
 */
import { count, type Fields, text, word } from "./fields.ts";

/** What a task can tell before it ends. */
export type TaskEventKind = "item" | "display" | "progress" | "publish";

/** The kinds of events; their positions are on the wire of slots: append. */
export const TASK_EVENT_KINDS: readonly TaskEventKind[] = [
  "item",
  "display",
  "progress",
  "publish",
];

/** Items that a generator may be ahead of what its caller has consumed. */
export const ITEMS_AHEAD_MAX = 64;
/** Encoded bytes of such items; one item may always be ahead. */
export const ITEM_BYTES_AHEAD_MAX: number = 16 << 20;
/** Other events of a task on their way to the client; more are dropped. */
export const EVENTS_AHEAD_MAX = 16_384;
/** Bytes of such events; more are dropped. */
export const EVENT_BYTES_AHEAD_MAX: number = 32 << 20;
/** Most encoded bytes of one event that is not an item. */
export const TASK_EVENT_BYTES_MAX: number = 16 << 20;

if (TASK_EVENT_BYTES_MAX > EVENT_BYTES_AHEAD_MAX) {
  throw new RangeError("Cannot send the largest event: it is never let ahead");
}

/**
 * Slot to engine to scheduler to client, each before the task's outcome. The
 * payload is an encoded value: the item, the MIME bundle, `{ done, total,
 * message? }`, or what was published.
 */
export interface TaskEvent {
  /** Which message this is. */
  readonly type: "task_event";
  /** The task. */
  readonly id: string;
  /** The engine that runs it. */
  readonly engineId: number;
  /** What it tells. */
  readonly kind: TaskEventKind;
  /**
   * Counts the items of the task, and apart from them its other events, from
   * 0. What was dropped leaves a gap.
   */
  readonly index: number;
}

/**
 * Client to scheduler to engine to slot: this much has been consumed, counted
 * from the start of the task.
 */
export interface TaskEventAck {
  /** Which message this is. */
  readonly type: "task_event_ack";
  /** The task. */
  readonly id: string;
  /** Items that have been consumed. */
  readonly items: number;
  /** Index behind the last of the other events that arrived. */
  readonly events: number;
}

/** Every message of this conversation. */
export type TaskEventMessage = TaskEvent | TaskEventAck;

/** How each message of this conversation is read. */
export const taskEventCodecs: {
  readonly [K in TaskEventMessage["type"]]: (
    fields: Fields,
  ) => Extract<TaskEventMessage, { type: K }>;
} = {
  "task_event": (fields) => ({
    type: "task_event",
    id: text(fields, "id"),
    engineId: count(fields, "engineId"),
    kind: word(fields, "kind", TASK_EVENT_KINDS),
    index: count(fields, "index"),
  }),
  "task_event_ack": (fields) => ({
    type: "task_event_ack",
    id: text(fields, "id"),
    items: count(fields, "items"),
    events: count(fields, "events"),
  }),
};
