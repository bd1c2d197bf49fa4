/**
 * What the dashboard shows of a real cluster, by a client of it.
 *
 * @module
 */
import { join } from "node:path";
import type { Client } from "../client/mod.ts";
import { profileFolder } from "../client/profile/mod.ts";
import { Cluster } from "../cluster/mod.ts";
import type {
  DashboardSource,
  EngineAction,
  LogTail,
  TaskPage,
  TaskQuestion,
  TaskRow,
} from "../dashboard/mod.ts";
import type {
  EngineStack,
  StatusReply,
  TaskRecordPart,
} from "../messages/mod.ts";
import { LogFollower } from "./log_follower.ts";

/** Farthest that one can page back. */
export const PAGE_DEPTH_MAX = 100_000;
/** Lines of each log that are shown. */
const LOG_LINES = 100;
/** Bytes of each log that are read for them. */
const LOG_TAIL_BYTES_MAX: number = 32 << 10;
/** Logs that are shown: the ones written to last. */
const LOGS_SHOWN_MAX = 64;

/** Fields of a task in a list. */
const ROW_KEYS: readonly string[] = [
  "status",
  "label",
  "kind",
  "function",
  "engineId",
  "submittedMs",
  "startedMs",
  "completedMs",
  "attempts",
];

/** A cluster as one of its clients sees it. */
export class ClusterViewSource implements DashboardSource {
  readonly #client: Client;
  readonly #profile: string;

  /** Asks by a client; the profile is where logs and the cluster's file are. */
  constructor(client: Client, profile: string) {
    this.#client = client;
    this.#profile = profile;
  }

  /** How everybody is. */
  status(): Promise<StatusReply> {
    return this.#client.status();
  }

  /** What runs on engines. */
  stack(targets: readonly number[]): Promise<readonly EngineStack[]> {
    return this.#client.stack(targets);
  }

  /** Tasks that a filter finds, the newest first. */
  async tasks({ filter, limit, skip }: TaskQuestion): Promise<TaskPage> {
    const depth = Math.min(skip + limit, PAGE_DEPTH_MAX);
    const [records, total] = await Promise.all([
      depth <= skip ? [] : this.#client.query(filter, {
        keys: ROW_KEYS,
        sort: ["-submittedMs", "-id"],
        limit: depth,
      }),
      this.#client.count(filter),
    ]);
    return { tasks: records.slice(skip).map(rowOf), total };
  }

  /** Everything on record about one task. */
  async task(
    id: string,
  ): Promise<Readonly<Record<string, unknown>> | undefined> {
    const [record] = await this.#client.query({ id }, { limit: 1 });
    return record === undefined ? undefined : { ...record };
  }

  /** The last lines of the logs of the profile. */
  async logs(): Promise<readonly LogTail[]> {
    const tails = new Map<string, string[]>();
    await new LogFollower({
      folder: join(profileFolder(this.#profile), "log"),
      wanted: "",
      lines: LOG_LINES,
      filesMax: LOGS_SHOWN_MAX,
      tailBytesMax: LOG_TAIL_BYTES_MAX,
      write(name, line) {
        const lines = tails.get(name);
        if (lines === undefined) tails.set(name, [line]);
        else lines.push(line);
      },
    }).poll();
    return [...tails].map(([name, lines]) => ({ name, lines }));
  }

  /** Does something with engines. */
  async act(action: EngineAction, targets: readonly number[]): Promise<void> {
    switch (action) {
      case "interrupt":
        await this.#client.interrupt(targets);
        return;
      case "stop":
        return await this.#client.shutdown({ targets });
      case "restart":
        return await (await this.#cluster()).restartEngines(targets);
    }
  }

  /** Brings the cluster to a number of engines. */
  async scale(engines: number): Promise<void> {
    await (await this.#cluster()).scale(engines);
  }

  /** The cluster, where it was started as one. */
  #cluster(): Promise<Cluster> {
    const { clusterId } = this.#client;
    return Cluster.fromFile(this.#profile, { clusterId });
  }
}

function rowOf(record: TaskRecordPart): TaskRow {
  const { id, status = "", label = "", kind = "" } = record;
  const { engineId, submittedMs = 0, startedMs, completedMs } = record;
  return {
    id,
    status,
    label,
    work: record.function ?? kind,
    engineId,
    submittedMs,
    startedMs,
    completedMs,
    attempts: record.attempts ?? 0,
  };
}
