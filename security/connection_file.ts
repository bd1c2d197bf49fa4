/**
 * Connection files on disk. They hold secret keys: nobody but their owner may
 * read them.
 *
 * @module
 */
import {
  CONNECTION_INFO_BYTES_MAX,
  type ConnectionInfo,
  formatConnectionInfo,
  parseConnectionInfo,
} from "./connection_info.ts";
import {
  readPrivateFile,
  removePrivateFile,
  writePrivateFile,
} from "./private_file.ts";

/** The environment variable that holds connection info instead of a file. */
export const CONNECTION_INFO_VARIABLE = "IPPD_CONNECTION_INFO";

const WHAT = "connection file";

/**
 * Writes a connection file: to a file beside it that only its owner could
 * ever open, to the disk, and then into place at once. Its folder is made,
 * mode 0700, where it is missing.
 *
 * @throws {ConnectionFileError} when it cannot be written.
 */
export async function writeConnectionFile(
  path: string,
  info: ConnectionInfo,
): Promise<void> {
  await writePrivateFile({ path, what: WHAT }, formatConnectionInfo(info));
}

/**
 * Reads a connection file.
 *
 * @throws {ConnectionFileError} `missing`, `unreadable`, `permissions` (with
 * the command that mends them), `malformed` or `version`.
 */
export async function readConnectionFile(
  path: string,
): Promise<ConnectionInfo> {
  const file = { path, what: WHAT };
  const text = await readPrivateFile(file, CONNECTION_INFO_BYTES_MAX);
  return parseConnectionInfo(text, path);
}

/**
 * Reads connection info from the value of the environment variable
 * `IPPD_CONNECTION_INFO`.
 *
 * @throws {ConnectionFileError} `malformed` or `version`.
 */
export function connectionInfoFromEnvironment(text: string): ConnectionInfo {
  return parseConnectionInfo(
    text,
    `the environment variable ${CONNECTION_INFO_VARIABLE}`,
  );
}

/**
 * Removes a connection file.
 *
 * @returns Whether there was one.
 * @throws {ConnectionFileError} when it is there and cannot be removed.
 */
export function removeConnectionFile(path: string): Promise<boolean> {
  return removePrivateFile({ path, what: WHAT });
}
