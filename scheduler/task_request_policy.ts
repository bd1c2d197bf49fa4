/**
 * Which requests are refused, and why. Pure.
 *
 * @module
 */
import {
  directTaskId,
  type TaskRequest,
  type TaskTerms,
} from "../messages/mod.ts";
import type { Trouble } from "./dependency_state.ts";

/** Most tasks that one task may depend on. */
export const DEPENDENCIES_MAX = 65_536;

/** The ids of the runs of a request: one for each target of a direct one. */
export function runIds(request: TaskRequest): string[] {
  return request.mode === "direct" && request.targets.length > 0
    ? request.targets.map((_, index) => directTaskId(request.id, index))
    : [request.id];
}

/** The client whose task this is, as its id says. */
export function clientOf(taskId: string): string {
  return taskId.slice(0, Math.max(0, taskId.lastIndexOf("-")));
}

/**
 * What is wrong with the terms of a request, whatever the cluster looks
 * like. Since a task can only name tasks that were submitted before it, there
 * are no circles but the smallest: a task that names itself.
 *
 * @param isKnown Whether the client has, or had, a task with this id.
 */
export function problemWithTerms(
  client: string,
  request: TaskRequest,
  isKnown: (id: string) => boolean,
): Trouble | undefined {
  const { terms } = request;
  if (terms === undefined) return undefined;
  const ids = namedBy(terms);
  if (ids.length > DEPENDENCIES_MAX) {
    return {
      status: "refused",
      limit: "DEPENDENCIES_MAX",
      reason: `it depends on ${ids.length} tasks, at most ${DEPENDENCIES_MAX}`,
    };
  }
  const { after, follow } = terms;
  for (const dependency of [after, follow]) {
    if (dependency === undefined) continue;
    if (dependency.success || dependency.failure) continue;
    return invalid("it depends on tasks that neither succeed nor fail");
  }
  const own = `${client}-`;
  for (const id of ids) {
    if (id === request.id || id.startsWith(`${request.id}.`)) {
      return invalid("it depends on itself");
    }
    if (!id.startsWith(own)) {
      return invalid(`task ${id} does not belong to this client`);
    }
    if (!isKnown(id)) {
      return invalid(
        `task ${id} is not known: it was never submitted, or ended long ago`,
      );
    }
  }
  return undefined;
}

function namedBy({ after, follow, inputs }: TaskTerms): readonly string[] {
  if (after === undefined && follow === undefined) return inputs ?? [];
  return [...after?.ids ?? [], ...follow?.ids ?? [], ...inputs ?? []];
}

function invalid(reason: string): Trouble {
  return { status: "invalid", reason };
}
