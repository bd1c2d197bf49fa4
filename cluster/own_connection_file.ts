/**
 * Removing connection files without taking another cluster's away.
 *
 * @module
 */
import { ConnectionFileError } from "../base/mod.ts";
import { readConnectionFile, removeConnectionFile } from "../security/mod.ts";

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
