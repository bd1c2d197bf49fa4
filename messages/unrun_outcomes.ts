/**
 * Outcomes of tasks that no engine ran: many end at once and for one reason,
 * and then differ in nothing but the id. An envelope says such a row once.
 *
 * @module
 */
import {
  count,
  type Fields,
  isFields,
  text,
  TEXT_LENGTH_MAX,
  textList,
  word,
} from "./fields.ts";
import type { EngineEnd } from "./registration.ts";
import { TASK_STATUSES, type TaskOutcome, type TaskStatus } from "./task.ts";

const TYPE = "tasks_unrun";

/** The outcome of a task that no engine ran to its end. */
export function unrunOutcome(
  id: string,
  status: TaskStatus,
  reason: string,
): TaskOutcome {
  return {
    type: "task_outcome",
    id,
    status,
    engineId: 0,
    startedMs: 0,
    completedMs: 0,
    outputs: 0,
    reason,
  };
}

/** The outcome of a task whose engine is lost. */
export function lostOutcome(
  id: string,
  engineId: number,
  end: EngineEnd,
): TaskOutcome {
  return { ...unrunOutcome(id, "engine_lost", end.reason), engineId, end };
}

/**
 * What a row of outcomes has in common, and the ids. Only in envelopes: who
 * reads one gets the outcomes.
 */
export interface UnrunRow {
  /** What this is. */
  readonly type: typeof TYPE;
  /** How all of them ended. */
  readonly status: TaskStatus;
  /** Why all of them did. */
  readonly reason: string;
  /** The number of the first in the session; the others follow. */
  readonly place: number;
  /** The tasks. */
  readonly ids: string[];
}

/** Begins a row with an outcome that may have others like it. */
export function beginRow(outcome: TaskOutcome): UnrunRow | undefined {
  const { id, status, reason, place } = outcome;
  if (reason === undefined || place === undefined || !isBare(outcome)) {
    return undefined;
  }
  return { type: TYPE, status, reason, place, ids: [id] };
}

/** Adds the next outcome to a row, if it is like those before. */
export function extendRow(row: UnrunRow, next: TaskOutcome): boolean {
  if (
    next.status !== row.status || next.reason !== row.reason ||
    next.place !== row.place + row.ids.length || !isBare(next)
  ) return false;
  row.ids.push(next.id);
  return true;
}

/** Whether it says nothing but what a row says. */
function isBare(outcome: TaskOutcome): boolean {
  return outcome.startedMs === 0 && outcome.engineId === 0 &&
    outcome.completedMs === 0 && outcome.outputs === 0 &&
    outcome.end === undefined && outcome.attempts === undefined &&
    outcome.items === undefined && outcome.events === undefined;
}

/** Whether an item of a head is a row. */
export function isRow(value: unknown): value is Fields {
  return isFields(value) && value["type"] === TYPE;
}

/**
 * The outcomes of a row.
 *
 * @throws {ProtocolError} when its fields are not what they should be.
 */
export function readRow(fields: Fields): TaskOutcome[] {
  const status = word(fields, "status", TASK_STATUSES);
  const reason = text(fields, "reason", TEXT_LENGTH_MAX);
  const place = count(fields, "place");
  return textList(fields, "ids").map((id, index) => ({
    ...unrunOutcome(id, status, reason),
    place: place + index,
  }));
}
