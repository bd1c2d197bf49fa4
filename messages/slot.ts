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

/** Every message of this conversation. */
export type SlotMessage = SlotReady;

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
};
