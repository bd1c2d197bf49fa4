/**
 * The members of a cluster, in the hub's eyes.
 *
 * @module
 */
import type {
  EngineInfo,
  Heartbeat,
  ProcessStatus,
  SchedulerAddress,
} from "../messages/mod.ts";

/** One process that the hub knows. */
export interface Member {
  readonly routingId: string;
  readonly host: string;
  readonly pid: number;
  /** Monotonic time when it was last heard of. */
  heardMs: number;
  /** Monotonic time when its connection broke, if it is broken. */
  brokenMs: number | undefined;
  load: Heartbeat | undefined;
}

/** An engine that the hub knows. */
export interface EngineMember extends Member {
  readonly info: EngineInfo;
}

/** A scheduler that the hub knows. */
export interface SchedulerMember extends Member {
  readonly address: SchedulerAddress;
}

/** A member that has just been heard of. */
export function newMember(
  routingId: string,
  { host, pid }: Pick<Member, "host" | "pid">,
  nowMs: number,
): Member {
  return {
    routingId,
    host,
    pid,
    heardMs: nowMs,
    brokenMs: undefined,
    load: undefined,
  };
}

/** A member as `status` shows it. */
export function processStatus(
  role: string,
  member: Member,
  nowMs: number,
): ProcessStatus {
  return {
    role,
    engineId: 0,
    host: member.host,
    pid: member.pid,
    slots: 0,
    labels: {},
    running: member.load?.running ?? 0,
    queued: member.load?.queued ?? 0,
    finished: member.load?.finished ?? 0,
    memoryBytes: member.load?.memoryBytes ?? 0,
    silentMs: nowMs - member.heardMs,
  };
}
