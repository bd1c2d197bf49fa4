/**
 * What a task asks of its engine, once everything that it waited for is
 * known. Pure.
 *
 * @module
 */
import { followPlace } from "./dependency_policy.ts";
import type { Trouble } from "./dependency_state.ts";
import { type EngineEntry, Placement, type Task } from "./entries.ts";
import type { PlacementNeeds } from "./placement_needs.ts";

/** What a task asks of its engine, or why there is none. */
export function needsOf(
  task: Task,
  engines: ReadonlyMap<number, EngineEntry>,
): PlacementNeeds | Trouble {
  const { place, extra, request: { terms } } = task;
  let targets = typeof place === "number" ? [place] : place;
  if (terms?.follow !== undefined && terms.follow.ids.length > 0) {
    const found = followPlace(
      terms.follow.mode,
      extra?.follow?.engines ?? new Set(),
      targets,
      (id) => engines.has(id),
    );
    if ("problem" in found) {
      return { status: "impossible", reason: found.problem };
    }
    targets = found.engines;
  }
  return {
    isDirect: typeof place === "number",
    targets,
    labels: unlessEmpty(terms?.labels),
    resources: unlessEmpty(terms?.resources),
  };
}

/**
 * The engine that a conditional task tries next, after others did not want
 * it: the least loaded of those that were not asked.
 */
export function nextToTry(
  needs: PlacementNeeds,
  refusedBy: ReadonlySet<number>,
  engines: ReadonlyMap<number, EngineEntry>,
): EngineEntry | undefined {
  const placement = new Placement("", needs);
  let best: EngineEntry | undefined;
  for (const entry of engines.values()) {
    if (refusedBy.has(entry.engineId) || entry.draining) continue;
    if (!placement.isMetBy(entry)) continue;
    if (best === undefined || entry.load < best.load) best = entry;
  }
  return best;
}

function unlessEmpty<T extends object>(entries: T | undefined): T | undefined {
  if (entries === undefined) return undefined;
  return Object.keys(entries).length === 0 ? undefined : entries;
}
