/**
 * The first process of a cluster: its controller.
 *
 * @module
 */
import { hostname } from "node:os";
import { join } from "node:path";
import { ConnectionError } from "../base/mod.ts";
import { profileFolder } from "../client/mod.ts";
import { readConnectionFile } from "../security/mod.ts";
import { type Announcement, parseAnnouncement } from "./announcement.ts";
import type { ResolvedClusterOptions } from "./cluster_options.ts";
import {
  CLUSTER_RECORD_VERSION,
  type ClusterRecord,
} from "./cluster_record.ts";
import { clustersFolder } from "./cluster_state_file.ts";
import type { Job, Launcher, LaunchPlace } from "./launchers/mod.ts";
import type { StartWatch } from "./start_watch.ts";

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
  options: ResolvedClusterOptions,
  watch: StartWatch,
): Promise<Founded> {
  if (launcher.startController === undefined) {
    throw new ConnectionError(
      `Cannot start a controller by launcher ${launcher.name}: it starts engines only`,
    );
  }
  const { promise, resolve } = Promise.withResolvers<Announcement>();
  const { profile, clusterId, logLevel, listenFlags } = options;
  const args = ["--profile", profile, "--cluster-id", clusterId];
  args.push("--log-level", logLevel, "--announce", ...listenFlags);
  args.push("--store", options.store);
  const controller = await launcher.startController({
    ...launchPlace(options, options.detached),
    args,
    onStdout(line) {
      const announcement = parseAnnouncement(line);
      if (announcement !== undefined) resolve(announcement);
    },
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
  options: ResolvedClusterOptions,
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
    controller: {
      launcher: launcher.name,
      launcherOptions: launcher.options,
      handle: controller.handle,
      names: [],
    },
    engineSets: [],
  };
}
