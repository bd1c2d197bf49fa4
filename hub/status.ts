/**
 * How everybody in the cluster is, as `status` shows it. Pure.
 *
 * @module
 */
import type {
  ClientKey,
  ProcessStatus,
  StatusReply,
  StatusRequest,
} from "../messages/mod.ts";
import type { HubStateOptions } from "./hub_state_options.ts";
import type { EngineMember, Member, SchedulerMember } from "./member.ts";

/** Who is in the cluster. */
export interface Everybody {
  /** The hub itself. */
  readonly hub: Member;
  /** The schedulers and their leaves. */
  readonly schedulers: Iterable<SchedulerMember>;
  /** The engines. */
  readonly engines: Iterable<EngineMember>;
  /** The clients. */
  readonly clients: readonly Member[];
}

/** How everybody is. */
export function statusReply(
  { requestId }: StatusRequest,
  { clusterId, startedMs }: Pick<HubStateOptions, "clusterId" | "startedMs">,
  everybody: Everybody,
  { nowMs, wallMs }: { readonly nowMs: number; readonly wallMs: number },
): StatusReply {
  return {
    type: "status_reply",
    requestId,
    clusterId,
    uptimeMs: wallMs - startedMs,
    clients: everybody.clients.length,
    clientKeys: clientKeys(everybody.clients),
    processes: processStatuses(everybody, nowMs),
  };
}

/** Every process of the cluster: the hub, the schedulers, the engines. */
function processStatuses(
  { hub, schedulers, engines }: Everybody,
  nowMs: number,
): ProcessStatus[] {
  const processes = [processStatus("hub", hub, nowMs)];
  for (const scheduler of schedulers) {
    processes.push(
      scheduler.leaf !== undefined
        ? {
          ...processStatus("leaf", scheduler, nowMs),
          engines: scheduler.load?.engines ?? 0,
        }
        : processStatus("scheduler", scheduler, nowMs),
    );
  }
  for (const engine of engines) {
    const { engineId, slots, labels } = engine.info;
    processes.push({
      ...processStatus("engine", engine, nowMs),
      engineId,
      slots,
      labels,
    });
  }
  return processes;
}

/** How many clients use each key that has a name. */
function clientKeys(clients: Iterable<Member>): ClientKey[] {
  const counts = new Map<string, number>();
  for (const { keyName } of clients) {
    if (keyName === undefined) continue;
    counts.set(keyName, (counts.get(keyName) ?? 0) + 1);
  }
  return [...counts].map(([name, clients]) => ({ name, clients }));
}

/** A member as `status` shows it. */
function processStatus(
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
    ...(member.load?.limits !== undefined && { limits: member.load.limits }),
  };
}
