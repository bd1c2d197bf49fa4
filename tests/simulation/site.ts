/**
 * What all processes of a simulated cluster share.
 *
 * @module
 */
import type { Random, VirtualClock } from "../../base/mod.ts";
import type { JumpingClock } from "./jumping_clock.ts";
import type { SimulatedNetwork } from "./simulated_network.ts";
import type { TaskLedger } from "./task_ledger.ts";

/** Where processes are. */
export interface Site {
  /** Chance. */
  readonly random: Random;
  /** Time. */
  readonly clock: VirtualClock;
  /** Everybody's lines to the hub. */
  readonly hubLines: SimulatedNetwork;
  /** Lines to the scheduler. */
  readonly taskLines: SimulatedNetwork;
  /** What is asked and what comes of it. */
  readonly ledger: TaskLedger;
  /** A clock for one more process. */
  newClock(): JumpingClock;
  /** Whether a leaf, by its key, is there. */
  isLeafThere(publicKey: string): boolean;
  /** An engine that had no number has got one. */
  numberGiven(engineId: number): void;
  /** An engine has to end. */
  engineEnded(routingId: string, reason: string): void;
}
