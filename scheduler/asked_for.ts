/**
 * What tasks share that were asked for in the same words. Pure.
 *
 * @module
 */
import type { TaskRequest, Work } from "../messages/mod.ts";

/** What a client asked for, whatever it calls it. */
export type AskedFor = Omit<TaskRequest, "id">;

/**
 * Remembers the last plain request: when a million come that differ in their
 * arguments alone, one stands for all of them.
 */
export class RecentRequest {
  #last: AskedFor | undefined;

  /** The request, or one before it that asks for the same. */
  share(request: AskedFor): AskedFor {
    if (!isPlain(request)) return request;
    const last = this.#last;
    if (last !== undefined && isSameWork(last.work, request.work)) return last;
    return this.#last = request;
  }
}

/** Whether nothing is asked but to run something on any engine. */
function isPlain(
  { mode, targets, timeoutMs, permissions, terms, resent, ended, trace }:
    AskedFor,
): boolean {
  return mode === "balanced" && targets.length === 0 &&
    timeoutMs === undefined && permissions === undefined &&
    terms === undefined && resent === undefined && ended === undefined &&
    trace === undefined;
}

function isSameWork(one: Work, other: Work): boolean {
  if (one.kind === "apply") {
    return other.kind === "apply" && one.function === other.function &&
      one.extras === other.extras;
  }
  return one.kind === "map" && other.kind === "map" &&
    one.function === other.function && one.extras === other.extras &&
    one.settle === other.settle;
}
