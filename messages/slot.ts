/**
 * Between an engine's supervisor and the slot processes that run user code.
 * Tasks and outcomes are those of `task.ts`; this is the rest.
 *
 * @module
 */
import { count, type Fields, text } from "./fields.ts";

/** Slot to supervisor, first on the connection: ready for work. */
export interface SlotReady {
  /** Which message this is. */
  readonly type: "slot_ready";
  /** Proves that the supervisor started this process. */
  readonly token: string;
  /** Its process id there. */
  readonly pid: number;
}

/**
 * Supervisor to slot: this task is no longer wanted. If it runs, its signal
 * is aborted, and it ends where it waits; if it has not started, it does not.
 * Its outcome follows in either case.
 */
export interface SlotAbort {
  /** Which message this is. */
  readonly type: "slot_abort";
  /** The task. */
  readonly id: string;
}

/**
 * Supervisor to slot: the code that ran has been interrupted, so this task
 * cannot end by itself any more. Its outcome follows, and the next starts.
 */
export interface SlotDrop {
  /** Which message this is. */
  readonly type: "slot_drop";
  /** The task. */
  readonly id: string;
}

/** Every message of this conversation. */
export type SlotMessage = SlotReady | SlotAbort | SlotDrop;

/** How each message of this conversation is read. */
export const slotCodecs: {
  readonly [K in SlotMessage["type"]]: (
    fields: Fields,
  ) => Extract<SlotMessage, { type: K }>;
} = {
  "slot_ready": (fields) => ({
    type: "slot_ready",
    token: text(fields, "token"),
    pid: count(fields, "pid"),
  }),
  "slot_abort": (fields) => ({ type: "slot_abort", id: text(fields, "id") }),
  "slot_drop": (fields) => ({ type: "slot_drop", id: text(fields, "id") }),
};
