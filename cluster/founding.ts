/**
 * The first process of a cluster: its controller.
 *
 * @module
 */
import { hostname } from "node:os";
import { join } from "node:path";
import { ConnectionError } from "../base/mod.ts";
import { profileFolder } from "../client/profile/mod.ts";
import { readConnectionFile } from "../security/mod.ts";
import { type Announcement, parseAnnouncement } from "./process/mod.ts";
import {
  CLUSTER_RECORD_VERSION,
  type ClusterRecord,
  clustersFolder,
} from "./files/mod.ts";
import type { SetPlan } from "./engine_set.ts";
import type { Job, Launcher, LaunchPlace } from "./launchers/mod.ts";
import type { StartWatch } from "./start_watch.ts";

/** What a cluster is to be. */
export interface Founding {
  /** The folder of files that it belongs to. */
  readonly profile: string;
  /** Its name. */
  readonly clusterId: string;
  /** Whether it outlives this program. */
  readonly detached: boolean;
  /** Flags of `ippd controller`, but those that say which cluster it is. */
  readonly controllerFlags: readonly string[];
  /** Flags of `ippd engine` for further engine sets. */
  readonly engineFlags: readonly string[];
}

/** What is to be started. */
export interface StartPlan {
  /** Starts the controller. */
  readonly controllers: Launcher;
  /** What the cluster is to be. */
  readonly founding: Founding;
  /** Its engine sets. */
  readonly sets: readonly SetPlan[];
  /** How long it may take. */
  readonly timeoutMs: number;
  /** Gives it up. */
  readonly signal?: AbortSignal | undefined;
}

/** A controller that runs. */
export interface Founded {
  /** Its process. */
  readonly controller: Job;
  /** What is written down about the cluster. */
  readonly record: ClusterRecord;
}

/** Where the files of a cluster's processes go. */
export function launchPlace(
  of: { readonly profile: string; readonly clusterId: string },
  detached: boolean,
): LaunchPlace {
  return {
    clusterId: of.clusterId,
    logFolder: join(profileFolder(of.profile), "log"),
    clusterFolder: clustersFolder(of.profile),
    detached,
  };
}

/**
 * Starts a controller; settles when it can be reached.
 *
 * @throws {ConnectionError} when it ends before, with what it said.
 */
export async function found(
  launcher: Launcher,
  options: Founding,
  watch: StartWatch,
): Promise<Founded> {
  if (launcher.startController === undefined) {
    throw new ConnectionError(
      `Cannot start a controller by launcher ${launcher.name}: it starts engines only; name local, ssh or a batch system`,
    );
  }
  const { promise, resolve, reject } = Promise.withResolvers<Announcement>();
  // Somebody waits for it, unless the start fails before.
  promise.catch(() => {});
  const { profile, clusterId, controllerFlags } = options;
  const args = ["--profile", profile, "--cluster-id", clusterId, "--announce"];
  args.push(...controllerFlags);
  const controller = await launcher.startController({
    ...launchPlace(options, options.detached),
    profile,
    args,
    onStdout(line) {
      const announcement = parseAnnouncement(line);
      if (announcement !== undefined) resolve(announcement);
    },
    onFailed: reject,
  });
  watch.needs(controller);
  try {
    const announcement = await watch.until(promise);
    const record = await foundingRecord(
      options,
      launcher,
      controller,
      announcement,
    );
    return { controller, record };
  } catch (error) {
    await controller.stop();
    throw error;
  }
}

/** The record of a cluster that has a controller and no engines yet. */
async function foundingRecord(
  options: Founding,
  launcher: Launcher,
  controller: Job,
  announcement: Announcement,
): Promise<ClusterRecord> {
  const { clientFile, engineFile } = announcement;
  const { publicKey, keys } = await readConnectionFile(clientFile);
  return {
    version: CLUSTER_RECORD_VERSION,
    id: options.clusterId,
    profile: options.profile,
    startedMs: Date.now(),
    host: hostname(),
    detached: options.detached,
    clientFile,
    engineFile,
    hubKey: publicKey,
    clientKey: keys.publicKey,
    engineFlags: options.engineFlags,
    controllerFlags: options.controllerFlags,
    controller: {
      launcher: launcher.name,
      launcherOptions: launcher.options,
      handle: controller.handle,
      names: [],
    },
    engineSets: [],
  };
}
