/**
 * Where a large message goes that has only begun: what would be said now, if
 * all of it were here. A guess that costs nothing but its bytes when it turns
 * out wrong. Pure.
 *
 * @module
 */
import {
  directTaskId,
  functionOf,
  type Message,
  type TaskOutcome,
  type TaskRequest,
  type TaskTerms,
} from "../messages/mod.ts";
import type { DispatchState } from "./dispatch_state.ts";
import type { EngineEntry } from "./entries.ts";
import type { FunctionStore } from "./function_store.ts";

/** Who would be told what. */
export interface Passage {
  /** The routing id of a client or an engine. */
  readonly to: string;
  /** What, as far as the next one wants to know. */
  readonly message: Message;
}

/** Who would hear at once how a task ended. */
export function outcomePassage(
  entry: EngineEntry | undefined,
  outcome: TaskOutcome,
): Passage | undefined {
  if (entry?.connected !== true || outcome.status !== "ok") return undefined;
  const task = entry.assigned.get(outcome.id);
  if (task === undefined) return undefined;
  const { client: { id, session, isPresent, isGone }, extra } = task;
  const isThere = !isGone && (session === "" || isPresent);
  const isAlone = extra?.group === undefined;
  return isThere && isAlone ? { to: id, message: outcome } : undefined;
}

/** Which engine would be given a task at once. */
export function requestPassage(
  client: string,
  request: TaskRequest,
  dispatch: DispatchState,
  functions: FunctionStore,
): Passage | undefined {
  const { mode, targets, work, terms, permissions, resent } = request;
  // One that may be known already, or runs apart, goes when all of it is here.
  if ((permissions ?? resent) !== undefined || !isPlain(terms)) {
    return undefined;
  }
  const hash = functionOf(work);
  if (hash !== undefined && functions.source(hash) === undefined) {
    return undefined;
  }
  const isDirect = mode === "direct";
  const entry = dispatch.next(isDirect, targets);
  if (entry === undefined) return undefined;
  const id = isDirect ? directTaskId(request.id, 0) : request.id;
  return {
    to: entry.routingId,
    message: { type: "task_assign", id, client, work },
  };
}

/** Whether a task waits for nothing, and any engine will do. */
function isPlain(terms: TaskTerms = {}): boolean {
  const { after, follow, inputs, labels, resources, conditional } = terms;
  return (after ?? follow ?? inputs ?? labels ?? resources ?? conditional ??
    terms.queueTimeoutMs) === undefined;
}
