/**
 * The files that say which clusters run: `<profile>/clusters/ippd[-id].json`.
 *
 * @module
 */
import { basename, dirname, join } from "node:path";
import { randomWord, utf8 } from "../../base/mod.ts";
import {
  clusterFileStem,
  profileFolder,
  stateFolder,
} from "../../client/profile/mod.ts";
import {
  CLUSTER_RECORD_BYTES_MAX,
  type ClusterRecord,
  formatClusterRecord,
  parseClusterRecord,
} from "./cluster_record.ts";

/** The folder of the files about a profile's clusters. */
export function clustersFolder(profile: string): string {
  return join(profileFolder(profile), "clusters");
}

/** The path of a cluster's file. */
export function clusterStatePath(profile: string, clusterId: string): string {
  return join(clustersFolder(profile), `${clusterFileStem(clusterId)}.json`);
}

/**
 * One cluster's file. Changes are made one after the other, also between
 * programs, and each appears at once.
 */
export class ClusterStateFile {
  /** Path of the file. */
  readonly path: string;
  #changes: Promise<void> = Promise.resolve();

  /** Names a file, which need not be there. */
  constructor(path: string) {
    this.path = path;
  }

  /** What is in it; `undefined` when it is missing or no record. */
  async read(): Promise<ClusterRecord | undefined> {
    try {
      const { size } = await Deno.stat(this.path);
      if (size > CLUSTER_RECORD_BYTES_MAX) return undefined;
      return parseClusterRecord(await Deno.readTextFile(this.path));
    } catch {
      return undefined;
    }
  }

  /** Writes a new record over whatever is there. */
  write(record: ClusterRecord): Promise<void> {
    return this.#queue(() => writePrivate(this.path, record));
  }

  /** Changes what is in it, if it is there. */
  change(how: (record: ClusterRecord) => ClusterRecord): Promise<void> {
    return this.#queue(async () => {
      const record = await this.read();
      if (record !== undefined) await writePrivate(this.path, how(record));
    });
  }

  /** Removes it, if it still is about the controller that is meant. */
  remove(clusterKey: string): Promise<void> {
    return this.#queue(async () => {
      const record = await this.read();
      if (record === undefined || keyOf(record) !== clusterKey) return;
      await Deno.remove(this.path);
    });
  }

  /** Settles when every change so far is on the disk; never rejects. */
  settled(): Promise<void> {
    return this.#changes;
  }

  #queue(work: () => Promise<void>): Promise<void> {
    this.#changes = this.#changes.then(() => locked(this.path, work))
      .catch(() => {
        // A cluster that cannot be written down works; others do not see it.
      });
    return this.#changes;
  }
}

/** What tells a cluster from a later one of the same name. */
export function keyOf(record: ClusterRecord): string {
  return `${record.startedMs} ${JSON.stringify(record.controller.handle)}`;
}

/**
 * Removes a cluster's file when its controller ends: the program that wrote
 * it may have ended before.
 */
export async function removeClusterState(
  profile: string,
  clusterId: string,
  controllerPid: number,
): Promise<void> {
  const file = new ClusterStateFile(clusterStatePath(profile, clusterId));
  const record = await file.read();
  if (record?.controller.handle["pid"] !== controllerPid) return;
  await file.remove(keyOf(record));
}

/** Paths of the files of all clusters of a profile, or of all profiles. */
export function clusterStatePaths(profile?: string): string[] {
  const profiles = profile === undefined ? namesIn(stateFolder()) : [profile];
  return profiles.flatMap((name) => {
    let folder: string;
    try {
      folder = clustersFolder(name);
    } catch {
      // Something else that somebody keeps there.
      return [];
    }
    return namesIn(folder).filter((file) => /^ippd.*\.json$/.test(file))
      .map((file) => join(folder, file));
  }).sort();
}

function namesIn(folder: string): string[] {
  try {
    return [...Deno.readDirSync(folder)].map(({ name }) => name);
  } catch {
    return [];
  }
}

/** Holds the folder's lock meanwhile, where folders can be locked. */
async function locked(path: string, work: () => Promise<void>): Promise<void> {
  const folder = dirname(path);
  await Deno.mkdir(folder, { recursive: true, mode: 0o700 });
  let lock: Deno.FsFile | undefined;
  try {
    lock = await Deno.open(folder);
    await lock.lock(true);
  } catch {
    // There, two programs that change one cluster in the same moment race.
  }
  try {
    await work();
  } finally {
    lock?.close();
  }
}

async function writePrivate(
  path: string,
  record: ClusterRecord,
): Promise<void> {
  const name = `.${basename(path)}.${randomWord()}.tmp`;
  const temporary = join(dirname(path), name);
  await Deno.writeFile(temporary, utf8(formatClusterRecord(record)), {
    createNew: true,
    mode: 0o600,
  });
  await Deno.rename(temporary, path);
}
