/**
 * The Unix sockets that peers on the host of a hub or a scheduler use: files
 * beside the connection files, where nobody else looks in.
 *
 * @module
 */
import { join } from "node:path";
import { clusterFileStem } from "../../client/profile/mod.ts";

/** The environment variable by which a controller names the folder. */
export const SCHEDULER_FOLDER_VARIABLE = "IPPD_SCHEDULER_FOLDER";

/** The longest path of a socket that every system takes, in bytes. */
export const LOCAL_SOCKET_PATH_BYTES_MAX = 103;

const KEY_BYTES = 6;
const SUFFIX = ".sock";
/** The stem of a cluster's files, whose socket, and the start of its key. */
const NAME = /^(ippd.*)-(hub|scheduler)-[0-9a-f]{12}\.sock$/;

/** Whose socket it is. */
export type LocalSocketRole = "hub" | "scheduler";

/** What the path of a socket is made of. */
export interface LocalSocketPlace {
  /** Whose it is. */
  readonly role: LocalSocketRole;
  /** The folder of the connection files. */
  readonly folder: string;
  /** The cluster's name; may be empty. */
  readonly clusterId: string;
  /** The key of the hub or the scheduler. */
  readonly publicKey: Uint8Array;
}

/**
 * The path of a socket; the same after a restart with the same key.
 * `undefined` where the system has none, or no room for its path: then TCP
 * serves everybody.
 */
export function localSocketPath(
  { role, folder, clusterId, publicKey }: LocalSocketPlace,
): string | undefined {
  if (Deno.build.os === "windows" || !folder.startsWith("/")) return undefined;
  const key = publicKey.subarray(0, KEY_BYTES).toHex();
  const stem = clusterFileStem(clusterId);
  const path = join(folder, `${stem}-${role}-${key}${SUFFIX}`);
  const { byteLength } = new TextEncoder().encode(path);
  return byteLength <= LOCAL_SOCKET_PATH_BYTES_MAX ? path : undefined;
}

/** The endpoint of a socket, where there is a path for it. */
export function localEndpoint(place: LocalSocketPlace): string | undefined {
  const path = localSocketPath(place);
  return path === undefined ? undefined : `ipc://${path}`;
}

/**
 * Removes the sockets of hubs and schedulers that were killed. Those that are
 * alive notice that somebody looked.
 *
 * @param folder The folder of the connection files.
 * @param only Whose; absent, of all clusters, or both roles.
 * @returns The paths that were removed.
 */
export async function removeDeadSockets(
  folder: string,
  only: Partial<Pick<LocalSocketPlace, "clusterId" | "role">> = {},
): Promise<string[]> {
  const removed: string[] = [];
  for (const { name, stem, role } of sockets(folder)) {
    const { clusterId } = only;
    if (clusterId !== undefined && stem !== clusterFileStem(clusterId)) {
      continue;
    }
    if (role !== (only.role ?? role)) continue;
    const path = join(folder, name);
    if (await isAnswered(path)) continue;
    await Deno.remove(path).catch(() => {});
    removed.push(path);
  }
  return removed;
}

interface SocketName {
  readonly name: string;
  /** What the names of its cluster's files begin with. */
  readonly stem: string;
  readonly role: string;
}

function sockets(folder: string): SocketName[] {
  try {
    return [...Deno.readDirSync(folder)].flatMap(({ name }) => {
      const [, stem, role] = NAME.exec(name) ?? [];
      return stem === undefined || role === undefined
        ? []
        : [{ name, stem, role }];
    });
  } catch {
    return [];
  }
}

async function isAnswered(path: string): Promise<boolean> {
  try {
    (await Deno.connect({ transport: "unix", path })).close();
    return true;
  } catch (error) {
    // Whatever else it is, it is not ours to remove.
    return !(error instanceof Deno.errors.ConnectionRefused);
  }
}
