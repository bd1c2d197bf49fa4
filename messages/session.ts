/**
 * Sessions: what client, scheduler and engine say to one another so that
 * neither requests nor outcomes are lost with a connection.
 *
 * @module
 */
import {
  count,
  type Fields,
  flag,
  optionalCount,
  text,
  textList,
} from "./fields.ts";

/** Client to scheduler, first on each connection: I am here, perhaps again. */
export interface ClientResume {
  /** Which message this is. */
  readonly type: "client_resume";
  /** The session that the scheduler named last; empty where there is none. */
  readonly session: string;
  /** How many outcomes of that session have arrived. */
  readonly received: number;
}

/** Scheduler to client: the outcomes that follow, and from where on. */
export interface ClientResumed {
  /** Which message this is. */
  readonly type: "client_resumed";
  /** Names the session; another one than before holds nothing of before. */
  readonly session: string;
  /** The number of the next outcome in this session. */
  readonly next: number;
}

/** Client to scheduler: I have these outcomes, forget them. */
export interface OutcomesAck {
  /** Which message this is. */
  readonly type: "outcomes_ack";
  /** How many outcomes of the session have arrived. */
  readonly count: number;
}

/** Client to scheduler: I do not come back. */
export interface ClientLeaving {
  /** Which message this is. */
  readonly type: "client_leaving";
}

/**
 * Client to a scheduler that has not seen it: how a task ended that others
 * depend on. The payload is its value, where it is an argument of others.
 */
export interface TaskFate {
  /** Which message this is. */
  readonly type: "task_fate";
  /** The task. */
  readonly id: string;
  /** Whether it has a value. */
  readonly ok: boolean;
  /** The engine that ran it, where one did. */
  readonly engineId?: number | undefined;
}

/** Scheduler to engine: forget the outcomes of these tasks. */
export interface OutcomesTaken {
  /** Which message this is. */
  readonly type: "outcomes_taken";
  /** The tasks. */
  readonly ids: readonly string[];
}

/** Scheduler to engine: tell again what these tasks have told. */
export interface TaskEventsWanted {
  /** Which message this is. */
  readonly type: "task_events_wanted";
  /** The tasks. */
  readonly ids: readonly string[];
}

/** Every message of this conversation. */
export type SessionMessage =
  | ClientResume
  | ClientResumed
  | OutcomesAck
  | ClientLeaving
  | TaskFate
  | OutcomesTaken
  | TaskEventsWanted;

/** How each message of this conversation is read. */
export const sessionCodecs: {
  readonly [K in SessionMessage["type"]]: (
    fields: Fields,
  ) => Extract<SessionMessage, { type: K }>;
} = {
  "client_resume": (fields) => ({
    type: "client_resume",
    session: text(fields, "session"),
    received: count(fields, "received"),
  }),
  "client_resumed": (fields) => ({
    type: "client_resumed",
    session: text(fields, "session"),
    next: count(fields, "next"),
  }),
  "outcomes_ack": (fields) => ({
    type: "outcomes_ack",
    count: count(fields, "count"),
  }),
  "client_leaving": () => ({ type: "client_leaving" }),
  "task_fate": (fields) => ({
    type: "task_fate",
    id: text(fields, "id"),
    ok: flag(fields, "ok"),
    engineId: optionalCount(fields, "engineId"),
  }),
  "outcomes_taken": (fields) => ({
    type: "outcomes_taken",
    ids: textList(fields, "ids"),
  }),
  "task_events_wanted": (fields) => ({
    type: "task_events_wanted",
    ids: textList(fields, "ids"),
  }),
};
