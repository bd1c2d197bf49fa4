/**
 * Which messages must keep their order, where large ones travel in parts and
 * others could go ahead of them. Pure.
 *
 * @module
 */
import type { Message } from "./envelope.ts";
import type { TaskRequest } from "./task.ts";

/**
 * What a message is about: it may not go ahead of one that is about the same.
 * `undefined` means that it may not go ahead of any, nor any ahead of it.
 */
export function orderKeys(message: Message): readonly string[] | undefined {
  switch (message.type) {
    case "task_request":
      return requestKeys(message);
    case "task_assign":
      // Direct tasks of an engine run in the order in which they come.
      return isDirectTaskId(message.id) ? [message.id, "direct"] : [message.id];
    case "task_outcome":
    case "task_event":
    case "task_event_ack":
    case "slot_abort":
    case "slot_drop":
      return [message.id];
    case "task_cancel":
      return runsOf(message.ids);
    case "task_recall":
    case "task_returned":
    case "outcomes_taken":
    case "task_events_wanted":
      return message.ids;
    case "function_source":
    case "function_missing":
      return [`function ${message.hash}`];
    // How many have arrived, or been taken, holds whatever else is on its way.
    case "outcomes_ack":
    case "heartbeat":
    case "heartbeat_ack":
      return [];
    case "channel_message":
    case "channel_credit":
    case "channel_close":
    case "channel_lost":
      return [`channel ${message.slot} ${message.id}`];
    case "leaf_said":
    case "leaf_left":
    case "leaf_joined":
    case "leaf_drop":
      return [`link ${message.link}`];
    case "leaf_tell":
      // What an engine behind a leaf is told stays in its order.
      return message.links.map((link) => `link ${link}`);
    default:
      return undefined;
  }
}

/** Whether an id is that of one run of a direct request. */
function isDirectTaskId(id: string): boolean {
  return id.includes(".");
}

function requestKeys(request: TaskRequest): readonly string[] {
  const { id, mode, targets, terms } = request;
  const keys = [id];
  if (mode === "direct") {
    for (const target of targets) keys.push(`engine ${target}`);
  }
  if (terms === undefined) return keys;
  // A task must not come before those that it depends on.
  for (const list of [terms.after?.ids, terms.follow?.ids, terms.inputs]) {
    if (list !== undefined) keys.push(...runsOf(list));
  }
  return keys;
}

/** The ids, and those of the requests that direct tasks belong to. */
function runsOf(ids: readonly string[]): readonly string[] {
  return ids.flatMap((id) =>
    isDirectTaskId(id) ? [id, id.slice(0, id.lastIndexOf("."))] : [id]
  );
}
