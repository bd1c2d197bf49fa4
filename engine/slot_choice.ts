/**
 * Which slot takes a task that any may run. Pure.
 *
 * @module
 */
import { type PrefetchBounds, prefetchDepth } from "../base/mod.ts";
import { type HeldTask, isAlone, type SlotState } from "./slot_state.ts";

/** The ready slot with the fewest tasks that should have this one, too. */
export function roomiestSlot(
  slots: readonly SlotState[],
  task: HeldTask,
  prefetch: PrefetchBounds,
): SlotState | undefined {
  let best: SlotState | undefined;
  for (const slot of slots) {
    if (!hasRoom(slot, task, prefetch)) continue;
    if (best !== undefined && slot.tasks.length >= best.tasks.length) {
      continue;
    }
    if (slot.tasks.length === 0) return slot;
    best = slot;
  }
  return best;
}

/** Whether a slot should have a task, too: one to run, or one ahead. */
export function hasRoom(
  slot: SlotState,
  task: HeldTask,
  prefetch: PrefetchBounds,
): boolean {
  if (slot.phase !== "ready") return false;
  const head = slot.tasks.peek();
  if (head === undefined) return true;
  if (isAlone(task) || isAlone(head)) return false;
  return slot.tasks.length < prefetchDepth(slot.meanMs, prefetch);
}
