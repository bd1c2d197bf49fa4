/**
 * Removing connection files without taking another cluster's away.
 *
 * @module
 */
import { join } from "node:path";
import { ConnectionFileError } from "../../base/mod.ts";
import { clusterFileStem } from "../../client/profile/mod.ts";
import {
  readConnectionFile,
  removeConnectionFile,
  removeUnfinishedWrites,
} from "../../security/mod.ts";

/**
 * Removes a connection file, and what a killed controller left of it, if it is
 * still the one of a certain hub: a later cluster of the same name may have
 * replaced it.
 *
 * @param path Path of the file.
 * @param hubKey The hub's public key, in Z85.
 */
export async function removeOwnConnectionFile(
  path: string,
  hubKey: string,
): Promise<void> {
  try {
    const { publicKey } = await readConnectionFile(path);
    // It is somebody else's by now.
    if (publicKey !== hubKey) return;
    await removeConnectionFile(path);
  } catch (error) {
    if (!(error instanceof ConnectionFileError)) throw error;
    if (error.problem !== "missing") return;
  }
  await removeUnfinishedWrites({ path, what: "connection file" });
}

/** The name of the file by which a controller can be taken up again. */
export function controllerStateName(clusterId: string): string {
  return `${clusterFileStem(clusterId)}-controller.json`;
}

/**
 * Removes what a controller that was killed kept to be taken up again, if it
 * is still that of a certain hub.
 *
 * @param folder The folder of the connection files.
 * @param hubKey The hub's public key, in Z85.
 */
export async function removeOwnControllerState(
  folder: string,
  clusterId: string,
  hubKey: string,
): Promise<void> {
  const path = join(folder, controllerStateName(clusterId));
  try {
    if (!(await Deno.readTextFile(path)).includes(hubKey)) return;
    await Deno.remove(path);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  await removeUnfinishedWrites({ path, what: "controller file" });
}
