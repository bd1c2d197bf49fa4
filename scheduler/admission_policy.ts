/**
 * Which requests are refused because of how the cluster is. Pure.
 *
 * @module
 */
import { bytesOf } from "../base/mod.ts";
import type { TaskRequest } from "../messages/mod.ts";
import type { Trouble } from "./dependency_state.ts";
import type { EngineEntry } from "./entries.ts";
import type { SchedulerLimits } from "./scheduler_limits.ts";
import type { TaskBook } from "./task_book.ts";
import { problemWithTerms } from "./task_request_policy.ts";

/** The scheduler as a request finds it. */
export interface SchedulerView {
  /** Every task. */
  readonly book: TaskBook;
  /** The engines by their number. */
  readonly engines: ReadonlyMap<number, EngineEntry>;
  /** Different sets of targets, labels and resources in use. */
  readonly placements: number;
  /** The limits. */
  readonly limits: SchedulerLimits;
}

/** Why a request is refused, if it is. */
export function problemWithRequest(
  clientId: string,
  request: TaskRequest,
  payload: readonly Uint8Array[],
  view: SchedulerView,
): Trouble | undefined {
  if (!request.id.startsWith(`${clientId}-`)) {
    return refused("its id does not belong to this client");
  }
  const { engines, placements, book } = view;
  for (const target of request.targets) {
    const entry = engines.get(target);
    if (entry === undefined) {
      return {
        status: "engine_lost",
        reason: "it is not in the cluster",
        engineId: target,
      };
    }
    if (entry.draining && request.mode === "direct") {
      return refused(`engine ${target} is being drained`);
    }
  }
  const runs = request.mode === "direct" ? request.targets.length : 1;
  if (runs === 0) return refused("it names no engine");
  const { tasksMax, payloadBytesMax, placementsMax } = view.limits;
  const { size, payloadBytes } = book;
  if (size + runs > tasksMax) {
    return refused(
      `the scheduler holds ${size} tasks, at most ${tasksMax}`,
      "tasksMax",
    );
  }
  const bytes = payloadBytes + bytesOf(payload) * runs;
  if (bytes > payloadBytesMax) {
    return refused(
      `the scheduler would hold ${bytes} payload bytes, at most ${payloadBytesMax}`,
      "payloadBytesMax",
    );
  }
  if (placements + placesOf(request) > placementsMax + engines.size) {
    return refused(
      `tasks wait for ${placements} different sets of engines, at most ${placementsMax}`,
      "placementsMax",
    );
  }
  if (request.terms === undefined) return undefined;
  const { fates } = book.client(clientId);
  return problemWithTerms(
    clientId,
    request,
    (id) => book.get(id) !== undefined || fates.get(id) !== undefined,
  );
}

/** How many sets of needs a request may bring that others do not have. */
function placesOf({ mode, targets, terms }: TaskRequest): number {
  if (mode === "balanced") return 1;
  // What asks for its engine alone waits with all else that does.
  const isPlain = terms?.labels === undefined && terms?.resources === undefined;
  return isPlain ? 0 : targets.length;
}

function refused(reason: string, limit?: string): Trouble {
  const status = "refused";
  return limit === undefined ? { status, reason } : { status, reason, limit };
}
