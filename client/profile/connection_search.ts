/**
 * Which connection file is meant, where none is named.
 *
 * @module
 */
import { dirname, join } from "node:path";
import { ConnectionFileError } from "../../base/mod.ts";
import {
  type ConnectionFileName,
  connectionFilePath,
} from "./profile_paths.ts";

/** Names that a message spells out. */
const NAMES_SHOWN_MAX = 8;

/**
 * The path of a connection file of a profile. Without a name it is that of
 * the cluster without a name, else that of the only cluster there is.
 *
 * @returns Where the file is, or would be.
 * @throws {ConnectionFileError} when several clusters may be meant.
 * @throws {RangeError} when a name is not a plain word.
 */
export async function findConnectionFile(
  name: ConnectionFileName,
): Promise<string> {
  const path = connectionFilePath(name);
  if (name.clusterId !== undefined) return path;
  const folder = dirname(path);
  const end = `-${name.role}.json`;
  const found = (await namesIn(folder)).filter((file) => file.endsWith(end));
  if (found.includes(`ippd${end}`)) return path;
  const ids = found.filter((file) => file.startsWith("ippd-"))
    .map((file) => file.slice("ippd-".length, -end.length)).sort();
  const [only, ...others] = ids;
  if (only === undefined) return path;
  if (others.length === 0) return join(folder, `ippd-${only}${end}`);
  const more = ids.length > NAMES_SHOWN_MAX ? ", …" : "";
  throw new ConnectionFileError(
    "missing",
    `Cannot choose a cluster: ${folder} has files of ${
      ids.slice(0, NAMES_SHOWN_MAX).join(", ")
    }${more}; name one, by its file or its cluster id`,
  );
}

async function namesIn(folder: string): Promise<string[]> {
  try {
    return (await Array.fromAsync(Deno.readDir(folder))).map(({ name }) =>
      name
    );
  } catch {
    // Reading the file that is meant says what is the matter.
    return [];
  }
}
