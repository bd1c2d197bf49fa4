/**
 * What each role's key may say, and to whom. Everything else is refused.
 *
 * @module
 */
import type { Message } from "./envelope.ts";

/** The message types that each role may send to one kind of server. */
export type RoleTable = {
  readonly [role: string]: ReadonlySet<Message["type"]>;
};

/** What the hub takes from whom. */
export const HUB_ACCEPTS: RoleTable = {
  "client": new Set([
    "client_connect",
    "drain_request",
    "status_request",
    "shutdown_request",
    "interrupt_request",
    "signal_request",
    "stack_request",
    "purge_request",
    "query_request",
    "queue_request",
    "result_request",
    "resubmit_request",
    "watch_next",
    "watch_request",
  ]),
  "client-readonly": new Set([
    "client_connect",
    "status_request",
    "query_request",
    "queue_request",
    "result_request",
    "watch_next",
    "watch_request",
  ]),
  "engine": new Set([
    "engine_register",
    "engine_leaving",
    "engine_slots",
    "heartbeat",
    "interrupt_reply",
    "output",
    "signal_reply",
    "stack_reply",
  ]),
  "scheduler": new Set([
    "audit_report",
    "engine_drained",
    "function_source",
    "heartbeat",
    "observations_told",
    "queue_reply",
    "scheduler_register",
    "task_observations",
  ]),
};

/** What a scheduler takes from whom. */
export const SCHEDULER_ACCEPTS: RoleTable = {
  "client": new Set([
    "channel_close",
    "channel_credit",
    "channel_message",
    "channel_open",
    "client_leaving",
    "client_resume",
    "function_source",
    "outcomes_ack",
    "task_cancel",
    "task_event_ack",
    "task_fate",
    "task_request",
  ]),
  "client-readonly": new Set(["client_leaving", "client_resume"]),
  "engine": new Set([
    "channel_close",
    "channel_credit",
    "channel_message",
    "channel_open",
    "channel_reset",
    "engine_ready",
    "engine_slots",
    "function_missing",
    "group_join",
    "task_event",
    "task_outcome",
    "task_returned",
  ]),
  "scheduler": new Set(["leaf_joined", "leaf_left", "leaf_said"]),
};

/** What an engine's supervisor takes from its slots. */
export const SUPERVISOR_ACCEPTS: RoleTable = {
  "slot": new Set([
    "channel_close",
    "channel_credit",
    "channel_message",
    "channel_open",
    "group_join",
    "slot_ready",
    "task_event",
    "task_outcome",
  ]),
};
