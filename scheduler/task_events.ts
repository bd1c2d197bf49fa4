/**
 * What tasks tell their clients, passed on. Pure.
 *
 * @module
 */
import type { Message, TaskEvent, TaskEventAck } from "../messages/mod.ts";
import type { EngineEntry, Task } from "./entries.ts";

/** Says something to a client or an engine, by routing id. */
type Send = (
  routingId: string,
  message: Message,
  payload?: readonly Uint8Array[],
) => void;

/** Passes on an event, if the engine that tells it has the task. */
export function forwardEvent(
  entry: EngineEntry | undefined,
  event: TaskEvent,
  payload: readonly Uint8Array[],
  send: Send,
): void {
  const task = entry?.assigned.get(event.id);
  if (entry === undefined || task === undefined) return;
  if (task.extra?.isAbandoned === true) return;
  if (task.client.isGone) {
    // Nobody is there to consume items, and nothing must wait for that.
    if (event.kind !== "item") return;
    const items = event.index + 1;
    const { routingId } = entry;
    send(routingId, { type: "task_event_ack", id: task.id, items, events: 0 });
    return;
  }
  // It is told again when its client is back.
  if (task.client.session !== "" && !task.client.isPresent) return;
  // What an engine says of its own number is not believed.
  send(task.client.id, { ...event, engineId: entry.engineId }, payload);
}

/** Passes on what has been consumed, if the task is the client's own. */
export function forwardEventAck(
  task: Task | undefined,
  client: string,
  ack: TaskEventAck,
  send: Send,
): void {
  if (task?.client.id !== client || task.engine === undefined) return;
  send(task.engine.routingId, ack);
}
