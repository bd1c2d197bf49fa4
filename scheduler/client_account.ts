/**
 * What the scheduler keeps in mind of one client.
 *
 * @module
 */
import { TaskFates } from "./task_fates.ts";
import type { SchedulerLimits } from "./scheduler_limits.ts";

/** One client: its tasks, its share, and how its tasks ended. */
export class ClientAccount {
  /** Its routing id. */
  readonly id: string;
  /** How many of its tasks have not ended. */
  unfinished = 0;
  /** How its tasks ended. */
  readonly fates: TaskFates;
  /** Work that it has been given; the client with least goes first. */
  share = 0;
  /** Its tasks that wait in a queue. */
  queued = 0;

  /** It is gone: what it left goes on alone, and nothing is told to it. */
  isGone = false;

  /** Makes the account of a client without tasks. */
  constructor(id: string, limits: SchedulerLimits) {
    this.id = id;
    this.fates = new TaskFates({
      tasksMax: limits.fatesPerClientMax,
      valuesMax: limits.valuesPerClientMax,
      valueBytesMax: limits.valueBytesPerClientMax,
    });
  }
}
