/**
 * What the engine's decisions ask for.
 *
 * @module
 */
import type { TaskAssign, TaskOutcome } from "../messages/mod.ts";
import type { FunctionText, Payload } from "./slot_state.ts";

/** What the state asks its shell to do. Nothing here may call back. */
export interface EngineEffects {
  /** Give a function's source to a slot. */
  sendSource(slot: number, hash: string, source: Uint8Array): void;
  /** Give a task to a slot, behind those that it has. */
  assignTask(slot: number, task: TaskAssign, payload: Payload): void;
  /** Run a task of a slot in a fresh process beside the slot's own. */
  assignApart(
    slot: number,
    task: TaskAssign,
    payload: Payload,
    source: FunctionText | undefined,
  ): void;
  /** End the process of a slot that has no task. */
  endSlot(slot: number): void;
  /** Stop a task that a slot has been given. */
  stopTask(slot: number, id: string): void;
  /** Tell the scheduler how a task ended. */
  sendOutcome(outcome: TaskOutcome, payload: Payload): void;
  /** A task has ended of which nobody is to hear. */
  outcomeDropped(outcome: TaskOutcome): void;
  /** Tell the scheduler that the engine is ready, and what it holds. */
  announce(holding: readonly string[], since: number | undefined): void;
  /** Ask the scheduler for a source. */
  requestSource(hash: string): void;
  /** Start a slot's next process. */
  startSlot(slot: number, delayMs: number): void;
  /** Every slot has been ready once: the engine can work. */
  slotsReady(): void;
  /** A slot is not started again; so many are left. */
  slotGone(slot: number, reason: string, left: number): void;
  /** The engine cannot go on. */
  endEngine(reason: string): void;
}
