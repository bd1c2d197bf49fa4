/**
 * Options of operations that start engines.
 *
 * @module
 */
import type { EngineSettings, LauncherChoice } from "./cluster_options.ts";

/** Options of {@linkcode Cluster.startEngines}. */
export interface StartEnginesOptions extends EngineSettings, LauncherChoice {
  /** How long it may take. Absent, as long as the start of the cluster. */
  readonly timeoutMs?: number;
  /**
   * Whether to wait until the engines can be used; else until their launcher
   * has taken them, such as into the queue of Slurm. @default true
   */
  readonly wait?: boolean;
  /** Gives it up. */
  readonly signal?: AbortSignal;
}

/** Options of operations that stop engines. */
export interface StopEnginesOptions {
  /**
   * How long engines that are to go may take to finish what they have; they
   * get nothing new meanwhile. @default 30_000
   */
  readonly drainTimeoutMs?: number;
}

/** Options of {@linkcode Cluster.scale}. */
export interface ScaleOptions extends StartEnginesOptions, StopEnginesOptions {}
