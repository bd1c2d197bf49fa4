/**
 * Which tasks an engine can give back. Pure.
 *
 * @module
 */
import type { HeldTask } from "./slot_state.ts";

/**
 * Takes those of some tasks out that wait for any slot: they have certainly
 * not started. What a slot has already may start at any moment, and what is
 * pinned to a slot belongs to this engine.
 */
export function takeQueued(
  ids: readonly string[],
  tasks: Map<string, HeldTask>,
): string[] {
  return ids.filter((id) => {
    const task = tasks.get(id);
    if (task?.place !== "queued") return false;
    task.place = "dropped";
    task.payload = [];
    return tasks.delete(id);
  });
}
