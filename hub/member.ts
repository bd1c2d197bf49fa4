/**
 * The members of a cluster, in the hub's eyes.
 *
 * @module
 */
import type {
  ClientKey,
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
  /** What people call its key. */
  readonly keyName?: string | undefined;
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
  keyName?: string,
): Member {
  return {
    routingId,
    host,
    pid,
    keyName,
    heardMs: nowMs,
    brokenMs: undefined,
    load: undefined,
  };
}

/** A member was silent for so long because nobody listened. */
export function delay(member: Member, forMs: number): void {
  member.heardMs += forMs;
  if (member.brokenMs !== undefined) member.brokenMs += forMs;
}

/** How many clients use each key that has a name. */
export function clientKeys(clients: Iterable<Member>): ClientKey[] {
  const counts = new Map<string, number>();
  for (const { keyName } of clients) {
    if (keyName === undefined) continue;
    counts.set(keyName, (counts.get(keyName) ?? 0) + 1);
  }
  return [...counts].map(([name, clients]) => ({ name, clients }));
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
    ...(member.keyName !== undefined && { key: member.keyName }),
  };
}
