/**
 * What the scheduler keeps in mind of one client.
 *
 * @module
 */
import { Deque, type LimitTally } from "../base/mod.ts";
import type { Deadline } from "./deadlines.ts";
import { KeptOutcomes } from "./kept_outcomes.ts";
import { TaskFates } from "./task_fates.ts";
import type { SchedulerLimits } from "./scheduler_limits.ts";

/** An outcome that another engine has as well, or has once more. */
export interface StrayOutcome {
  /** The task. */
  readonly id: string;
  /** The engine that has it. */
  readonly engineId: number;
  /** When the client has so many outcomes, it has that of this task. */
  readonly place: number;
}

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

  /** Whether its tasks wait until it has taken more of its outcomes. */
  isHeld = false;

  /** It is gone: what it left goes on alone, and nothing is told to it. */
  isGone = false;

  /** Names its session; empty until it has said that it resumes one. */
  session = "";
  /** Whether it is connected and has resumed. */
  isPresent = false;
  /** Whether it goes on with a session, so that we know what it asked for. */
  isContinued = false;
  /** Outcomes that it may not have. */
  readonly kept: KeptOutcomes = new KeptOutcomes();
  /** The tasks among them when it was back last. */
  keptIds: Set<string> | undefined;
  /** Outcomes that engines may forget when the client has its own. */
  readonly strays: Deque<StrayOutcome> = new Deque();
  /** When it is given up, while it is away. */
  grace: Deadline | undefined;

  /** Makes the account of a client without tasks. */
  constructor(id: string, limits: SchedulerLimits, tally?: LimitTally) {
    this.id = id;
    this.fates = new TaskFates({
      tasksMax: limits.fatesPerClientMax,
      valuesMax: limits.valuesPerClientMax,
      valueBytesMax: limits.valueBytesPerClientMax,
    }, tally);
  }
}
