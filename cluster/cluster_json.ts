/**
 * What a cluster says of itself, for programs and for files.
 *
 * @module
 */
import type { JobState } from "./launchers/mod.ts";

/**
 * How a cluster is: `running`; `stopping` and `stopped` by this object;
 * `detached`, let go of by this object; `lost`, its controller is gone.
 */
export type ClusterState =
  | "running"
  | "stopping"
  | "stopped"
  | "detached"
  | "lost";

/** An engine set in {@linkcode ClusterJson}. */
export interface EngineSetJson {
  /** Its name. */
  readonly id: string;
  /** Its launcher. */
  readonly launcher: string;
  /** How many engines it has, whether they run or are to run. */
  readonly n: number;
  /** How its jobs are. */
  readonly jobs: readonly EngineSetJobJson[];
}

/** A job in {@linkcode EngineSetJson}. */
export interface EngineSetJobJson {
  /** Names it. */
  readonly what: string;
  /** How many engines it has. */
  readonly engines: number;
  /** How it is. */
  readonly state: JobState;
}

/** What {@linkcode Cluster.toJSON} gives. */
export interface ClusterJson {
  /** The cluster's name. */
  readonly id: string;
  /** The profile its files belong to. */
  readonly profile: string;
  /** How it is. */
  readonly state: ClusterState;
  /** Path of the file by which other programs find it. */
  readonly stateFile: string;
  /** Path of the connection file for clients. */
  readonly clientFile: string;
  /** Path of the connection file for engines. */
  readonly engineFile: string;
  /** When it was started, in milliseconds since the Unix epoch. */
  readonly startedMs: number;
  /** Process id of the controller; 0 when it is on another machine. */
  readonly controllerPid: number;
  /** Process ids of the engines on this machine, as far as it knows. */
  readonly enginePids: readonly number[];
  /** The engine sets. */
  readonly engineSets: readonly EngineSetJson[];
}
