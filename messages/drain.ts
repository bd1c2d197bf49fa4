/**
 * Draining: engines that are to leave get no new work, and it is said when
 * they have finished what they had.
 *
 * @module
 */
import {
  count,
  countList,
  type Fields,
  optionalText,
  TEXT_LENGTH_MAX,
} from "./fields.ts";

/** Client to hub: give these engines no new work, or give them some again. */
export interface DrainRequest {
  /** Which message this is. */
  readonly type: "drain_request";
  /** Pairs a reply with its request. */
  readonly requestId: number;
  /** Engine ids. */
  readonly targets: readonly number[];
  /** Whether they are to get work again. Absent, they are to get no more. */
  readonly isUndone?: boolean;
}

/** Hub to client: it is done, or why not. */
export interface DrainReply {
  /** Which message this is. */
  readonly type: "drain_reply";
  /** Pairs a reply with its request. */
  readonly requestId: number;
  /** Absent when all of them are empty or gone, or get work again. */
  readonly problem?: string | undefined;
}

/** Hub to schedulers: give this engine no new work, or give it some again. */
export interface EngineDrain {
  /** Which message this is. */
  readonly type: "engine_drain";
  /** The engine's number. */
  readonly engineId: number;
  /** Which drain this is: its end is told with the same number. */
  readonly round: number;
  /** Whether that drain is called off. */
  readonly isUndone?: boolean;
}

/** Scheduler to hub: this engine has nothing of mine to do any more. */
export interface EngineDrained {
  /** Which message this is. */
  readonly type: "engine_drained";
  /** The engine's number. */
  readonly engineId: number;
  /** Which drain has ended. */
  readonly round: number;
}

/** Every message of this conversation. */
export type DrainMessage =
  | DrainRequest
  | DrainReply
  | EngineDrain
  | EngineDrained;

/** How each message of this conversation is read. */
export const drainCodecs: {
  readonly [K in DrainMessage["type"]]: (
    fields: Fields,
  ) => Extract<DrainMessage, { type: K }>;
} = {
  "drain_request": (fields) => ({
    type: "drain_request",
    requestId: count(fields, "requestId"),
    targets: countList(fields, "targets"),
    ...undone(fields),
  }),
  "drain_reply": (fields) => ({
    type: "drain_reply",
    requestId: count(fields, "requestId"),
    problem: optionalText(fields, "problem", TEXT_LENGTH_MAX),
  }),
  "engine_drain": (fields) => ({
    type: "engine_drain",
    engineId: count(fields, "engineId"),
    round: count(fields, "round"),
    ...undone(fields),
  }),
  "engine_drained": (fields) => ({
    type: "engine_drained",
    engineId: count(fields, "engineId"),
    round: count(fields, "round"),
  }),
};

function undone(fields: Fields): { isUndone?: true } {
  return fields["isUndone"] === true ? { isUndone: true } : {};
}
