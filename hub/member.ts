/**
 * The members of a cluster, in the hub's eyes.
 *
 * @module
 */
import type {
  EngineCondition,
  EngineInfo,
  EngineRegister,
  Heartbeat,
  LeafState,
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
  /** How often it was told to say that it is well; engines only. */
  paceMs: number | undefined;
}

/** An engine that the hub knows. */
export interface EngineMember extends Member {
  /** What others hear of it. */
  info: EngineInfo;
}

/** A scheduler that the hub knows. */
export interface SchedulerMember extends Member {
  readonly address: SchedulerAddress;
  /** For leaves, which decide nothing: whether engines may turn to it. */
  readonly leaf?: LeafState | undefined;
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
    paceMs: undefined,
  };
}

/** An engine that has just joined. */
export function newEngine(
  member: Member,
  { slots, labels, resources = {}, launch }: EngineRegister,
  { publicKey, ...facts }: Pick<
    EngineInfo,
    "engineId" | "publicKey" | "registeredMs"
  >,
): EngineMember {
  const { routingId, host, pid } = member;
  return {
    ...member,
    info: {
      ...{ ...facts, routingId, host, pid, slots, labels, resources },
      ...(publicKey !== undefined && { publicKey }),
      ...(launch !== undefined && { launch }),
    },
  };
}

/** How an engine is. */
export function conditionOf(
  { brokenMs }: Member,
  isDrained: boolean,
): EngineCondition {
  if (brokenMs !== undefined) return "unreachable";
  return isDrained ? "draining" : "active";
}

/** A member was silent for so long because nobody listened. */
export function delay(member: Member, forMs: number): void {
  member.heardMs += forMs;
  if (member.brokenMs !== undefined) member.brokenMs += forMs;
}

/** Whether an engine did nothing when it was last heard of. */
export function isAtRest(engine: Member | undefined): boolean {
  const { running = 0, queued = 0 } = engine?.load ?? {};
  return running + queued === 0;
}
