/**
 * Finding clusters that run.
 *
 * @module
 */
import { isAbsolute } from "node:path";
import { ConnectionError } from "../base/mod.ts";
import { DEFAULT_PROFILE } from "../client/profile/mod.ts";
import {
  type ClusterRecord,
  ClusterStateFile,
  clusterStatePath,
  clusterStatePaths,
} from "./files/mod.ts";

/** Which cluster is meant. */
export interface ClusterSearch {
  /** Path of a state file, or the name of a profile. */
  readonly pathOrProfile?: string | undefined;
  /** The cluster's name, where the profile has several. */
  readonly clusterId?: string | undefined;
}

/** A cluster that is written down. */
export interface FoundCluster {
  /** The file. */
  readonly file: ClusterStateFile;
  /** What is in it. */
  readonly record: ClusterRecord;
}

/**
 * Finds one cluster.
 *
 * @throws {ConnectionError} when there is none, or several are meant.
 */
export async function findCluster(
  { pathOrProfile, clusterId }: ClusterSearch,
): Promise<FoundCluster> {
  if (pathOrProfile !== undefined && isPath(pathOrProfile)) {
    return await readCluster(pathOrProfile);
  }
  const profile = pathOrProfile ?? DEFAULT_PROFILE;
  if (clusterId !== undefined) {
    const path = clusterStatePath(profile, clusterId);
    const record = await new ClusterStateFile(path).read();
    if (record !== undefined) {
      return { file: new ClusterStateFile(path), record };
    }
    throw new ConnectionError(
      `Cannot find cluster ${
        clusterId || "without a name"
      } in profile ${profile}: ${await othersOf(profile)}`,
    );
  }
  const found = await listClusters(profile);
  const [first] = found;
  if (first !== undefined && found.length === 1) return first;
  const names = found.map(({ record }) => record.id).join(", ");
  throw new ConnectionError(
    first === undefined
      ? `Cannot find a cluster in profile ${profile}: none runs; start one with ippd cluster start`
      : `Cannot choose a cluster in profile ${profile}: ${names} run; name one`,
  );
}

/** Most names that a message spells out. */
const NAMES_SHOWN_MAX = 8;

/** Which clusters a profile has, for messages. */
async function othersOf(profile: string): Promise<string> {
  const ids = (await listClusters(profile)).map(({ record }) => record.id);
  if (ids.length === 0) return "none runs; start one with ippd cluster start";
  const shown = ids.slice(0, NAMES_SHOWN_MAX).map((id) => id || '""').join(
    ", ",
  );
  const more = ids.length > NAMES_SHOWN_MAX ? ", …" : "";
  return `there are ${shown}${more}; ippd cluster list shows all`;
}

/** Every cluster of a profile, or of all profiles. */
export async function listClusters(profile?: string): Promise<FoundCluster[]> {
  const found: FoundCluster[] = [];
  for (const path of clusterStatePaths(profile)) {
    const file = new ClusterStateFile(path);
    const record = await file.read();
    // What went away meanwhile, or is another version's, is no cluster of us.
    if (record !== undefined) found.push({ file, record });
  }
  return found;
}

async function readCluster(path: string): Promise<FoundCluster> {
  const file = new ClusterStateFile(path);
  const record = await file.read();
  if (record !== undefined) return { file, record };
  throw new ConnectionError(
    `Cannot find a cluster by ${path}: there is no such file, or it is of another version; ippd cluster list shows what runs`,
  );
}

function isPath(text: string): boolean {
  return isAbsolute(text) || text.includes("/") || text.endsWith(".json");
}
