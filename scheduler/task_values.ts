/**
 * Values of tasks that are arguments of others, and the message that gives a
 * task to an engine.
 *
 * @module
 */
import type { TaskAssign } from "../messages/mod.ts";
import type { Task } from "./entries.ts";

/** What an engine is told of a task, with the values that it waited for. */
export function assignment(
  task: Task,
): { message: TaskAssign; payload: readonly Uint8Array[] } {
  const { id, client, request } = task;
  const { work, timeoutMs, permissions, trace } = request;
  const plain: TaskAssign = timeoutMs === undefined
    ? { type: "task_assign", id, client: client.id, work }
    : { type: "task_assign", id, client: client.id, work, timeoutMs };
  const narrow: TaskAssign = permissions === undefined
    ? plain
    : { ...plain, permissions };
  const basic = trace === undefined ? narrow : { ...narrow, trace };
  if (task.extra === undefined) {
    return { message: basic, payload: task.payload };
  }
  const { deadline, retries, earlier, isAdopted, values } = task.extra;
  const attempt = retries + earlier + 1;
  const message: TaskAssign = {
    ...basic,
    ...(attempt === 1 ? {} : { attempt }),
    ...(isAdopted ? { isHeld: true } : {}),
    ...(deadline === undefined ? {} : { waits: true }),
  };
  if (values === undefined) return { message, payload: task.payload };
  const byId = new Map<string, readonly Uint8Array[]>();
  const payload = [...task.payload];
  const inputParts: number[] = [];
  for (const [index, id] of (task.request.terms?.inputs ?? []).entries()) {
    // One that is named twice is held at its first place only.
    const value = values[index] ?? byId.get(id) ?? [];
    byId.set(id, value);
    inputParts.push(value.length);
    for (const part of value) payload.push(part);
  }
  return { message: { ...message, inputParts }, payload };
}
