/**
 * Removing connection files without taking another cluster's away.
 *
 * @module
 */
import { join } from "node:path";
import { ConnectionFileError } from "../../base/mod.ts";
import {
  readConnectionFile,
  removeConnectionFile,
} from "../../security/mod.ts";

/**
 * Removes a connection file if it is still the one of a certain hub: a later
 * cluster of the same name may have replaced it.
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
    if (publicKey === hubKey) await removeConnectionFile(path);
  } catch (error) {
    // It is gone, or is somebody else's by now: either way it is not ours.
    if (!(error instanceof ConnectionFileError)) throw error;
  }
}

/** The name of the file by which a controller can be taken up again. */
export function controllerStateName(clusterId: string): string {
  return `${clusterId === "" ? "ippd" : `ippd-${clusterId}`}-controller.json`;
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
  const name = controllerStateName(clusterId);
  try {
    const path = join(folder, name);
    if ((await Deno.readTextFile(path)).includes(hubKey)) {
      await Deno.remove(path);
    }
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  try {
    // It may have been killed while it wrote the file.
    for await (const entry of Deno.readDir(folder)) {
      if (!entry.name.startsWith(`${name}.`)) continue;
      await Deno.remove(join(folder, entry.name));
    }
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}
