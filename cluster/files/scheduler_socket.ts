/**
 * The Unix socket that peers on a scheduler's host use: a file beside the
 * connection files, where nobody else looks in.
 *
 * @module
 */
import { join } from "node:path";
import { clusterFileStem } from "../../client/profile/mod.ts";

/** The environment variable by which a controller names the folder. */
export const SCHEDULER_FOLDER_VARIABLE = "IPPD_SCHEDULER_FOLDER";

/** The longest path of a socket that every system takes, in bytes. */
export const SCHEDULER_SOCKET_PATH_BYTES_MAX = 103;

const KEY_BYTES = 6;
const SUFFIX = ".sock";

/**
 * The path of a scheduler's socket; the same after a restart with the same
 * key. `undefined` where the system has none, or no room for its path: then
 * TCP serves everybody.
 *
 * @param folder The folder of the connection files.
 * @param publicKey The scheduler's own key.
 */
export function schedulerSocketPath(
  folder: string,
  clusterId: string,
  publicKey: Uint8Array,
): string | undefined {
  if (Deno.build.os === "windows" || !folder.startsWith("/")) return undefined;
  const key = publicKey.subarray(0, KEY_BYTES).toHex();
  const path = join(folder, `${prefixOf(clusterId)}${key}${SUFFIX}`);
  const { byteLength } = new TextEncoder().encode(path);
  return byteLength <= SCHEDULER_SOCKET_PATH_BYTES_MAX ? path : undefined;
}

/**
 * Removes the sockets of schedulers that were killed.
 *
 * @param folder The folder of the connection files.
 * @param clusterId Whose; absent, of all clusters.
 * @returns The paths that were removed.
 */
export async function removeDeadSockets(
  folder: string,
  clusterId?: string,
): Promise<string[]> {
  const removed: string[] = [];
  for (const name of socketNames(folder)) {
    const prefix = name.slice(0, -(2 * KEY_BYTES + SUFFIX.length));
    if (clusterId !== undefined && prefix !== prefixOf(clusterId)) continue;
    const path = join(folder, name);
    if (await isAnswered(path)) continue;
    await Deno.remove(path).catch(() => {});
    removed.push(path);
  }
  return removed;
}

function prefixOf(clusterId: string): string {
  return `${clusterFileStem(clusterId)}-scheduler-`;
}

function socketNames(folder: string): string[] {
  try {
    return [...Deno.readDirSync(folder)].map(({ name }) => name)
      .filter((name) => /^ippd.*-scheduler-[0-9a-f]{12}\.sock$/.test(name));
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
